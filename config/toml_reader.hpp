#pragma once

#include "config/settings_tree.hpp"

#include <memory>
#include <variant>

namespace troupe::config {

/// Parses TOML. Errors carry the place. Beyond TOML's own rules a document is refused when it nests
/// deeper than `max_nesting` brackets or `max_key_parts` dots in one key: trees are walked
/// recursively.
std::variant<setting_table, config_error>
parse_toml(const std::shared_ptr<const settings_source>& source);

inline constexpr std::size_t max_nesting = 64;
inline constexpr std::size_t max_key_parts = 32;

} // namespace troupe::config
