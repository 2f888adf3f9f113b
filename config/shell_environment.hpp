#pragma once

#include "messages/settings.hpp"

#include <map>
#include <string>
#include <string_view>

/// The environment of a tool's process (contract config.md 4).
namespace troupe::config {

using variables = std::map<std::string, std::string>;

/// Inherit, default excludes, `exclude`, `set`, `include_only`, then CODEX_THREAD_ID when
/// `thread_id` is not empty, in this order.
variables child_environment(const variables& parent, const shell_environment_policy& policy,
                            std::string_view thread_id);

/// `*` any text, `?` any one byte; letters compare without case.
bool matches_wildcard(std::string_view pattern, std::string_view text);

} // namespace troupe::config
