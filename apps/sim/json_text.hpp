#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// Skims JSON for the few values one wants. A request body is 40 KB, of which the simulator needs
/// 200 bytes; skimming costs a tenth of parsing.
namespace troupe::sim {

/// `text` with JSON's escapes, without quotes; always valid UTF-8.
std::string escaped_json(std::string_view text);

/// What `raw`, a JSON string with its quotes, stands for; at most `max_bytes` of it. Escaped lone
/// surrogates and bytes that are not UTF-8 become U+FFFD. Empty when `raw` is no string.
std::string unescaped_json(std::string_view raw, std::size_t max_bytes);

/// Where the value that begins at `at` (white space is skipped first) ends, npos when there is none
/// or it does not end. Nesting and strings are followed, everything else is taken on trust.
std::size_t json_value_end(std::string_view text, std::size_t at);

/// Position of the first byte at or behind `at` that is not JSON white space.
std::size_t skip_json_space(std::string_view text, std::size_t at);

/// Walks the members of an object or the elements of an array, one `next` at a time:
///
///   json_walk members{raw_object};
///   while (members.next())
///     if (members.key() == "model") use(members.value());
///
/// Keys come as raw text between the quotes; the ones we look for need no escapes. A value is its
/// raw text without surrounding white space. Ends at the first thing that fits no JSON; `is_whole`
/// then says no.
class json_walk {
public:
  explicit json_walk(std::string_view raw);

  bool next();
  std::string_view key() const { return key_; }
  std::string_view value() const { return value_; }

  /// Whether the end was the closing bracket. Only after `next` has returned false.
  bool is_whole() const { return whole_; }
  /// Behind the closing bracket. Only when whole.
  std::size_t end() const { return at_; }

private:
  bool finish(bool whole);
  bool read_key();

  std::string_view text_;
  std::size_t at_ = 0;
  bool is_object_ = false;
  bool started_ = false;
  bool done_ = false;
  bool whole_ = false;
  std::string_view key_;
  std::string_view value_;
};

/// The raw value of the first member with this key; none when `raw_object` is no object or has
/// none.
std::optional<std::string_view> json_member(std::string_view raw_object, std::string_view key);

} // namespace troupe::sim
