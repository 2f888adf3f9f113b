#include "actors/tool_runner/covered_places.hpp"

#include "actors/tool_runner/root_identities.hpp"

#include <filesystem>
#include <system_error>
#include <utility>
#include <variant>

namespace troupe::tool_runner {

namespace fs = std::filesystem;

std::optional<covered_place> note_place(const std::string& given) {
  std::error_code error;
  const auto path = given.empty() ? fs::path{} : fs::canonical(given, error);
  if (error || path.empty())
    return std::nullopt;
  const auto is_folder = fs::is_directory(path, error);
  auto folder = identify(is_folder ? path.string() : path.parent_path().string());
  if (folder.inode == 0)
    return std::nullopt;
  return covered_place{.given = given, .path = path.string(), .folder = std::move(folder)};
}

std::vector<covered_place> note_places(const std::vector<std::string>& given) {
  std::vector<covered_place> result;
  for (const auto& path : given)
    if (auto place = note_place(path))
      result.push_back(*std::move(place));
  return result;
}

bool is_in_place(const covered_place& place) {
  return std::holds_alternative<owned_descriptor>(open_unchanged(place.folder));
}

} // namespace troupe::tool_runner
