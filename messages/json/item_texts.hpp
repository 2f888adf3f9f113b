#pragma once

#include "messages/item.hpp"

#include <optional>
#include <string>
#include <string_view>

/// What items say, read and changed part by part; for the rare cases where a whole text is not
/// enough.
namespace troupe {

/// The input texts of a message, concatenated, without the tags that stand around images.
std::string user_text(const response_item& message);

/// The last output text of an assistant message; none for other items and for messages without one.
std::optional<std::string> last_output_text(const response_item& item);

/// A function output with every image replaced by the text `placeholder`; none when it has no
/// images, and for all other items.
std::optional<response_item> without_images(const response_item& output,
                                            std::string_view placeholder);

/// A message or function output with every image replaced by the text `placeholder`, and without
/// the tags around images; none when it has no images, and for all other items.
std::optional<response_item> images_as_text(const response_item& item,
                                            std::string_view placeholder);

/// Bytes of the encrypted content of a reasoning or compaction item; none when it has none.
std::optional<std::size_t> encrypted_bytes(const response_item& item);

} // namespace troupe
