#include "config/config.hpp"

#include <algorithm>

namespace troupe::config {

std::vector<std::string> effective_writable_roots(const sandbox_policy& policy,
                                                  const std::filesystem::path& cwd,
                                                  const environment& env) {
  if (policy.mode != sandbox_mode::workspace_write)
    return {};
  std::vector<std::string> result;
  const auto add = [&](std::string root) {
    if (std::ranges::find(result, root) == result.end())
      result.push_back(std::move(root));
  };
  for (const auto& root : policy.writable_roots)
    add(root);
  add(cwd.string());
  std::error_code error;
  if (!policy.exclude_slash_tmp && std::filesystem::is_directory("/tmp", error))
    add("/tmp");
  if (!policy.exclude_tmpdir_env_var)
    if (auto folder = non_blank(env, "TMPDIR"); folder && folder->starts_with('/'))
      add(std::move(*folder));
  return result;
}

} // namespace troupe::config
