#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace troupe::config {

/// Why bytes are no text. `message` is a whole sentence about "input", ready to follow a colon.
struct decoding_problem {
  std::string message;
  /// Of the first wrong byte, behind a byte order mark; none where the kind of text is wrong.
  std::optional<std::size_t> offset = std::nullopt;
  bool operator==(const decoding_problem&) const = default;
};

/// Bytes from outside as UTF-8 (contract exec-and-sdk.md 1.3): a UTF-8 byte order mark is dropped,
/// UTF-16 with a byte order mark is converted, UTF-32 and invalid UTF-8 are refused.
std::variant<std::string, decoding_problem> decode_text(std::string_view bytes);

} // namespace troupe::config
