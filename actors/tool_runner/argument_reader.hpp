#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::tool_runner {

/// Reads the members of an object of arguments and keeps the first complaint, in words that tell a
/// model what to change. Everything is read first and `complaint()` asked once.
class argument_reader {
public:
  /// `x` must outlive the reader; anything but an object is complained about.
  explicit argument_reader(const boost::json::value& x);

  std::string text(std::string_view name);
  std::optional<std::string> optional_text(std::string_view name);
  std::optional<bool> optional_boolean(std::string_view name);
  /// Not negative; a whole number written with a decimal point is accepted.
  std::optional<std::int64_t> optional_number(std::string_view name);
  std::int64_t number(std::string_view name);
  std::vector<std::string> texts(std::string_view name);
  std::vector<std::string> optional_texts(std::string_view name);
  /// Null when it is missing or no array, which is complained about.
  const boost::json::array* array(std::string_view name);

  /// Complains about every other member.
  void allow_only(std::initializer_list<std::string_view> names);
  void complain(std::string text);

  const std::optional<std::string>& complaint() const { return complaint_; }

private:
  const boost::json::value* find(std::string_view name) const;
  template <class T>
  T required(std::optional<T> x, std::string_view name);

  const boost::json::object* object_ = nullptr;
  std::optional<std::string> complaint_;
};

} // namespace troupe::tool_runner
