#pragma once

#include "messages/op.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace troupe::common {

/// Larger images are not sent: as base64 in a request they would cost more than providers take.
inline constexpr std::size_t max_image_bytes = 20 * 1024 * 1024;

/// "image/png", ... by the signature of PNG, JPEG, GIF and WebP; empty for anything else.
std::string_view image_type(std::string_view bytes);

/// Reads an image for a turn. Never fails: what cannot be read or is no image has `problem` set
/// instead of `data_url`, and the model is told. Blocks.
local_image_input read_image(const std::filesystem::path& file);

/// Standard alphabet, padded.
std::string base64(std::string_view bytes);

} // namespace troupe::common
