#include "actors/tool_runner/path_view.hpp"

#include "actors/tool_runner/sandbox_placeholders.hpp"
#include "config/text_file.hpp"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <variant>

namespace troupe::tool_runner {

namespace fs = std::filesystem;

path_kind disk_paths::kind(const std::string& path) const {
  std::error_code error;
  switch (fs::status(path, error).type()) {
  case fs::file_type::regular: return path_kind::file;
  case fs::file_type::directory: return path_kind::folder;
  case fs::file_type::not_found:
  case fs::file_type::none: return path_kind::missing;
  default: return path_kind::other; // an enum of the library: pipes, devices, sockets, unknown
  }
}

bool disk_paths::is_link(const std::string& path) const {
  std::error_code error;
  return fs::is_symlink(fs::symlink_status(path, error));
}

std::string disk_paths::link_text(const std::string& path) const {
  std::error_code error;
  return fs::read_symlink(path, error).string();
}

bool disk_paths::is_vacant(const std::string& path) const {
  return tool_runner::is_vacant(AT_FDCWD, path);
}

std::vector<std::string> disk_paths::names_in(const std::string& path) const {
  std::vector<std::string> result;
  std::error_code error;
  for (fs::directory_iterator at{path, error}; !error && at != fs::directory_iterator{};
       at.increment(error)) {
    if (result.size() == max_names)
      break;
    result.push_back(at->path().filename().string());
  }
  std::ranges::sort(result);
  return result;
}

std::optional<std::string> disk_paths::resolved(const std::string& path) const {
  std::error_code error;
  const auto result = fs::canonical(path, error);
  if (error)
    return std::nullopt;
  return result.string();
}

std::string disk_paths::first_line(const std::string& path) const {
  constexpr std::size_t longest_line = 4096; // a path and a word
  const auto text = config::read_file_prefix(path, longest_line);
  const auto* line = std::get_if<std::string>(&text);
  return line ? line->substr(0, line->find('\n')) : std::string{};
}

} // namespace troupe::tool_runner
