#include "apps/common/image_file.hpp"

#include "config/text_file.hpp"

#include <cstdint>
#include <fmt/format.h>

namespace troupe::common {

namespace {

using namespace std::string_view_literals;

std::uint32_t byte_at(std::string_view bytes, std::size_t at) {
  return at < bytes.size() ? static_cast<std::uint8_t>(bytes[at]) : 0;
}

} // namespace

std::string_view image_type(std::string_view bytes) {
  if (bytes.starts_with("\x89PNG\r\n\x1A\n"sv))
    return "image/png";
  if (bytes.starts_with("\xFF\xD8\xFF"sv))
    return "image/jpeg";
  if (bytes.starts_with("GIF87a"sv) || bytes.starts_with("GIF89a"sv))
    return "image/gif";
  // RIFF, four bytes of length, WEBP.
  if (bytes.size() >= 12 && bytes.starts_with("RIFF"sv) && bytes.substr(8, 4) == "WEBP"sv)
    return "image/webp";
  return {};
}

local_image_input read_image(const std::filesystem::path& file) {
  local_image_input out{.path = file.string(), .data_url = {}, .problem = {}};
  const auto read = config::read_file(file, max_image_bytes);
  if (const auto* error = std::get_if<std::error_code>(&read)) {
    out.problem = *error == std::errc::file_too_large
                    ? fmt::format("larger than {} MB", max_image_bytes / (1024 * 1024))
                    : error->message();
    return out;
  }
  const auto& bytes = std::get<std::string>(read);
  const auto type = image_type(bytes);
  if (type.empty())
    out.problem = bytes.empty() ? "the file is empty" : "not a PNG, JPEG, GIF or WebP image";
  else
    out.data_url = fmt::format("data:{};base64,{}", type, base64(bytes));
  return out;
}

std::string base64(std::string_view bytes) {
  static constexpr char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto group = byte_at(bytes, i) << 16 | byte_at(bytes, i + 1) << 8 | byte_at(bytes, i + 2);
    const auto rest = bytes.size() - i;
    out += alphabet[group >> 18];
    out += alphabet[group >> 12 & 63];
    out += rest > 1 ? alphabet[group >> 6 & 63] : '=';
    out += rest > 2 ? alphabet[group & 63] : '=';
  }
  return out;
}

} // namespace troupe::common
