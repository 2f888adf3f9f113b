#pragma once

#include "config/settings_tree.hpp"
#include "messages/settings.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

/// Limits that an administrator sets in `requirements.toml` (contract config.md 2). An absent list
/// allows everything.
namespace troupe::config {

struct requirements {
  std::optional<std::vector<approval_policy>> approval_policies;
  std::optional<std::vector<sandbox_mode>> sandbox_modes;       ///< holds `read_only`
  std::optional<std::vector<web_search_mode>> web_search_modes; ///< holds `disabled`
};

std::variant<requirements, config_error> read_requirements(const setting_table& settings);

/// `wanted` when allowed, else the first allowed one.
template <class T>
T allowed_value(const std::optional<std::vector<T>>& allowed, T wanted) {
  if (!allowed || allowed->empty())
    return wanted;
  for (const auto& value : *allowed)
    if (value == wanted)
      return wanted;
  return allowed->front();
}

} // namespace troupe::config
