#include "actors/tool_runner/tool_environment.hpp"

#include "config/credential_names.hpp"

#include <array>
#include <utility>

namespace troupe::tool_runner {

bool has_network(const sandbox_policy& policy) {
  switch (policy.mode) {
  case sandbox_mode::danger_full_access: return true;
  case sandbox_mode::read_only: return false;
  case sandbox_mode::workspace_write:
  case sandbox_mode::external_sandbox: return policy.network_access;
  }
  return false;
}

config::variables tool_environment(const config::variables& parent,
                                   const shell_environment_policy& environment,
                                   std::string_view thread_id, const sandbox_policy& sandbox) {
  if (has_network(sandbox))
    return config::child_environment(parent, environment, thread_id);
  auto result =
    config::child_environment(config::without_proxy_passwords(parent), environment, thread_id);
  result.insert_or_assign("CODEX_SANDBOX_NETWORK_DISABLED", "1");
  return result;
}

config::variables profile_environment(const config::variables& parent,
                                      const shell_environment_policy& environment) {
  sandbox_policy open;
  open.mode = sandbox_mode::danger_full_access;
  return unattended(tool_environment(parent, environment, {}, open));
}

std::string value_of(const config::variables& variables, const std::string& name) {
  const auto found = variables.find(name);
  return found == variables.end() ? "" : found->second;
}

config::variables unattended(config::variables variables) {
  constexpr auto overrides = std::to_array<std::pair<const char*, const char*>>({
    {"NO_COLOR", "1"},
    {"TERM", "dumb"},
    {"LANG", "C.UTF-8"},
    {"LC_CTYPE", "C.UTF-8"},
    {"LC_ALL", "C.UTF-8"},
    {"COLORTERM", ""},
    {"PAGER", "cat"},
    {"GIT_PAGER", "cat"},
    {"GH_PAGER", "cat"},
    {"CODEX_CI", "1"},
  });
  for (const auto& [name, value] : overrides)
    variables.insert_or_assign(name, value);
  return variables;
}

std::vector<std::string> as_entries(const config::variables& variables) {
  std::vector<std::string> result;
  result.reserve(variables.size());
  for (const auto& [name, value] : variables)
    result.push_back(name + "=" + value);
  return result;
}

} // namespace troupe::tool_runner
