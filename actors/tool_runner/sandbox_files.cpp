#include "actors/tool_runner/sandbox_files.hpp"

#include "actors/tool_runner/careful_open.hpp"
#include "actors/tool_runner/path_text.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

namespace troupe::tool_runner {

std::variant<file_snapshot, std::error_code> sandbox_files::read(const std::string& path) const {
  auto place = real_path(plan_, path);
  const auto* mount = mount_at(plan_, place);
  const auto is_elsewhere =
    mount != nullptr && !mount->source.empty() && mount->source != mount->path;
  if (is_elsewhere)
    place =
      absolute_path(mount->source, place.substr(std::min(place.size(), mount->path.size() + 1)));
  std::error_code error;
  const auto target = std::filesystem::canonical(place, error).string();
  if (error)
    return error;
  if (!is_elsewhere || !is_inside(target, mount->source)) {
    const auto* there = mount_at(plan_, target);
    if (there != nullptr &&
        (there->kind == mount_kind::sealed_file || there->kind == mount_kind::sealed_folder))
      return std::make_error_code(std::errc::permission_denied);
  }
  const auto file = open_without_links(target, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file.is_open())
    return std::error_code{errno, std::generic_category()};
  return read_file(file.number());
}

} // namespace troupe::tool_runner
