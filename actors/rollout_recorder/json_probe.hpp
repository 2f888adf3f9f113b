#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

/// Looking into JSON text without building values: a rollout of 100 MB is read in a second only if
/// payloads stay the text they are.
namespace troupe::rollout_recorder {

enum class json_shape : std::uint8_t { invalid, object, other };

/// Validates JSON text, UTF-8 included, and notes the one member that tells what it is. Nesting
/// beyond `max_json_depth` (messages/json/document.hpp) is invalid, as in the reference.
class json_probe {
public:
  json_probe();
  ~json_probe();
  json_probe(const json_probe&) = delete;
  json_probe& operator=(const json_probe&) = delete;

  /// `text` must be exactly one JSON value; white space around it is fine.
  json_shape examine(std::string_view text);

  /// The string member "type" of the object last examined, shortened to 64 bytes; empty when there
  /// is none.
  std::string_view type() const;

private:
  struct parser;
  std::unique_ptr<parser> parser_;
};

/// The members of an object as they stand in its text. `next` gives them one by one; views point
/// into the text.
class member_scanner {
public:
  struct member {
    std::string_view name;  ///< between the quotes, escapes not resolved
    std::string_view value; ///< the whole value, as written
  };

  /// `object` must be a valid JSON object (see `json_probe`); anything else ends the scan early but
  /// does no harm.
  explicit member_scanner(std::string_view object);

  std::optional<member> next();

private:
  void skip_space();
  bool skip_string();
  bool skip_value();

  std::string_view text_;
  std::size_t at_ = 0;
};

/// What is between the quotes of a JSON string without escapes; none for any other value.
std::optional<std::string_view> plain_string(std::string_view value);

/// Without JSON white space at both ends.
std::string_view without_space(std::string_view text);

} // namespace troupe::rollout_recorder
