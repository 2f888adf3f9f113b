#pragma once

#include "messages/model_info.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Cutting tool output to what the model gets to see. Contract threads.md 17.3.
namespace troupe::tool_runner {

/// Bytes that count as one token.
inline constexpr std::size_t bytes_per_token = 4;

/// Rounded up.
std::size_t estimated_tokens(std::size_t bytes);

/// `text` itself when it fits, else its start and its end around a marker such as
/// `…120 tokens truncated…`. Cuts between characters only; `text` is UTF-8. A limit below 0 counts
/// as 0, which leaves the marker alone.
std::string truncate_text(std::string_view text, const truncation_policy& policy);

/// The same, but a cut text is preceded by `Total output lines: N` and a blank line.
std::string formatted_truncation(std::string_view text, const truncation_policy& policy);

/// Lines of `text`; a final LF begins no further line.
std::size_t count_lines(std::string_view text);

enum class output_item_kind : std::uint8_t { text, image };

struct output_item {
  output_item_kind kind = output_item_kind::text;
  std::string value; ///< text, or the image's URL
  bool operator==(const output_item&) const = default;
};

/// One budget for all texts in order: the first that does not fit is cut and uses it up, the ones
/// behind it are left out and counted in a last text item. Images stay and are free.
std::vector<output_item> truncated_items(std::vector<output_item> items,
                                         const truncation_policy& policy);

} // namespace troupe::tool_runner
