#pragma once

#include "config/shell_environment.hpp"
#include "messages/settings.hpp"

#include <string>
#include <string_view>
#include <vector>

/// The environment of a tool's process. Contract tools.md 4.2 and 7.5.
namespace troupe::tool_runner {

bool has_network(const sandbox_policy& policy);

/// The environment by the thread's policy. When the sandbox policy has no network, plus
/// `CODEX_SANDBOX_NETWORK_DISABLED=1`, and without the passwords of inherited proxies.
config::variables tool_environment(const config::variables& parent,
                                   const shell_environment_policy& environment,
                                   std::string_view thread_id, const sandbox_policy& sandbox);

/// What a login shell starts with before its profile changes it: the policy holds there already, so
/// that a profile cannot hand on under another name what it excludes. What the profile makes of it
/// takes the place of `parent` for `tool_environment`: the policy holds again after it.
config::variables profile_environment(const config::variables& parent,
                                      const shell_environment_policy& environment);

/// Empty: there is none.
std::string value_of(const config::variables& variables, const std::string& name);

/// `variables` with what makes programs behave without a person at a terminal: no colours, no
/// pagers, a UTF-8 locale.
config::variables unattended(config::variables variables);

/// "NAME=value" texts.
std::vector<std::string> as_entries(const config::variables& variables);

} // namespace troupe::tool_runner
