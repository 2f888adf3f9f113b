#include "actors/tool_runner/path_text.hpp"

#include <filesystem>

namespace troupe::tool_runner {

std::string absolute_path(std::string_view folder, std::string_view path) {
  auto result = (std::filesystem::path{folder} / path).lexically_normal().string();
  while (result.size() > 1 && result.ends_with('/'))
    result.pop_back();
  return result;
}

bool is_inside(std::string_view path, std::string_view folder) {
  if (folder == "/")
    return path.starts_with('/');
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

std::string_view file_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

} // namespace troupe::tool_runner
