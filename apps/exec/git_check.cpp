#include "apps/exec/git_check.hpp"

#include "config/placeholder.hpp"

#include <system_error>

namespace troupe::exec {

bool is_inside_git_work_tree(const std::filesystem::path& directory) {
  std::error_code ignored;
  auto at = std::filesystem::weakly_canonical(directory, ignored);
  if (at.empty())
    at = directory;
  for (;; at = at.parent_path()) {
    if (config::is_there(at / ".git"))
      return true;
    if (!at.has_relative_path())
      return false;
  }
}

} // namespace troupe::exec
