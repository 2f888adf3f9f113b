#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Reading JSON where only a few members matter. A stream of deltas is the client's hot path;
/// building a tree of each event would cost more than everything else that happens to it.
namespace troupe::model_client {

enum class json_kind : std::uint8_t { object, array, string, number, boolean, null };

/// A value as it is written; a string with its quotes. A view into the scanned text.
struct json_slice {
  json_kind kind = json_kind::null;
  std::string_view text;
};

/// A member of an object or, without a name, an element of an array.
struct json_member {
  std::string_view name; ///< as written, without quotes; one with escapes equals none of ours
  json_slice value;
};

/// Walks over the members of one object, or the elements of one array, and checks the grammar on
/// the way, also of what lies deeper. Needs UTF-8; whether a `\u` escape is half of a pair is only
/// looked at by `json_text`. Keeps a reference to the text.
class json_scan {
public:
  /// Deeper nesting counts as malformed, as in the reference's reader.
  static constexpr unsigned max_depth = 128;

  explicit json_scan(std::string_view text);

  /// The next member; none at the end and from the first error on.
  std::optional<json_member> next();

  /// After `next` has returned none: was the text one well-formed object or array?
  bool is_complete() const { return state_ == state::complete; }

private:
  enum class state : std::uint8_t { first, further, complete, failed };

  std::optional<json_member> fail();
  std::optional<json_member> finish();
  void skip_space();
  bool take(char c);
  std::optional<json_slice> value(unsigned depth);
  std::optional<std::string_view> name();
  bool skip_container(char close, unsigned depth);
  bool skip_string();
  bool skip_escape();
  bool skip_number();
  bool skip_digits();
  bool skip_word(std::string_view word);

  const char* at_;
  const char* end_;
  char close_ = '}';
  state state_ = state::first;
};

/// The text of a string; none for another kind and for half a surrogate pair.
std::optional<std::string> json_text(const json_slice& x);

/// The number, when it is written as an integer and fits.
std::optional<std::int64_t> json_integer(const json_slice& x);

/// An optional member: null and absent are the same.
inline bool is_given(const json_slice& x) {
  return x.kind != json_kind::null;
}

} // namespace troupe::model_client
