#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace troupe {

/// Reads the members of one JSON object by the rules of contract responses-client.md 5: null equals
/// absent for an optional member, integers are JSON integers, reals may be integers, strings are
/// never converted, unknown members are ignored. Everything is read first and `failed()` asked
/// once; after a failure the values are unspecified but safe to use. Views point into the object.
class object_reader {
public:
  /// `x` must outlive the reader; anything but an object is a failure.
  explicit object_reader(const boost::json::value& x);
  explicit object_reader(const boost::json::object& x) : object_(&x) {}

  bool failed() const { return failed_; }
  /// For rules that are not about types.
  void fail() { failed_ = true; }

  std::string_view text(std::string_view name);
  std::optional<std::string_view> optional_text(std::string_view name);
  std::int64_t integer(std::string_view name);
  std::optional<std::int64_t> optional_integer(std::string_view name);
  double real(std::string_view name);
  bool boolean(std::string_view name);
  std::optional<bool> optional_boolean(std::string_view name);
  const boost::json::array& array(std::string_view name);

  /// Null when absent.
  const boost::json::array* optional_array(std::string_view name);
  const boost::json::object* optional_object(std::string_view name);

  /// The member as it is, null included; a null pointer when there is none.
  const boost::json::value* find(std::string_view name) const;

private:
  const boost::json::value* find_optional(std::string_view name) const;
  template <class T>
  T required(std::optional<T> x) {
    if (!x)
      fail();
    return x.value_or(T{});
  }

  const boost::json::object* object_ = nullptr;
  bool failed_ = false;
};

} // namespace troupe
