#include "apps/run/workspace.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <system_error>

namespace troupe::run {

namespace fs = std::filesystem;

fs::path workspace_path(const fs::path& out, std::string_view task_id, std::uint32_t attempt) {
  return out / "workspaces" / task_id / fmt::format("attempt-{}", attempt);
}

std::optional<std::string> prepare_workspace(const fs::path& target,
                                             const std::optional<fs::path>& template_folder) {
  std::error_code error;
  fs::remove_all(target, error);
  if (!error)
    fs::create_directories(target, error);
  if (error)
    return fmt::format("cannot create the workspace {}: {}", target.string(), error.message());
  if (!template_folder)
    return std::nullopt;
  fs::copy(*template_folder, target, fs::copy_options::recursive | fs::copy_options::copy_symlinks,
           error);
  if (!error)
    return std::nullopt;
  return fmt::format("cannot copy {} to the workspace {}: {}", template_folder->string(),
                     target.string(), error.message());
}

bool is_within(const fs::path& inner, const fs::path& outer) {
  std::error_code ignored;
  const auto a = fs::weakly_canonical(inner, ignored);
  const auto b = fs::weakly_canonical(outer, ignored);
  return std::ranges::mismatch(b, a).in1 == b.end();
}

} // namespace troupe::run
