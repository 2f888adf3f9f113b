#pragma once

#include "config/config_error.hpp"

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

/// The switches of `[features]` (contract config.md 8, column Feb).
namespace troupe::config {

enum class feature : std::uint8_t {
  shell_tool,
  unified_exec,
  shell_snapshot,
  apply_patch_freeform,
  web_search_request,
  web_search_cached,
  request_rule,
  undo,
  collab,
  collaboration_modes,
  steer,
  personality,
  child_agents_md,
  memory_tool,
  sqlite,
  runtime_metrics,
  remote_models,
  enable_request_compression,
  responses_websockets,
  responses_websockets_v2,
  apps,
  skill_mcp_dependency_install,
  skill_env_var_dependency_prompt,
  use_linux_sandbox_bwrap,
  experimental_windows_sandbox,
  elevated_windows_sandbox,
  powershell_utf8,
};

inline constexpr std::size_t feature_count = 27;

enum class feature_stage : std::uint8_t { under_development, experimental, stable, deprecated };

/// As `features list` prints it.
std::string_view to_text(feature_stage stage);

struct feature_entry {
  feature id;
  std::string_view key;
  feature_stage stage;
  bool enabled_by_default;
};

/// All features in the order of the enum.
std::span<const feature_entry> all_features();

/// The feature with this key; old names of contract section 8 count.
std::optional<feature> find_feature(std::string_view key);

enum class feature_switch : std::uint8_t { disable, enable };

/// The `-c` argument that `--enable key` or `--disable key` stands for.
/// Error: `config_errc::unknown_feature`, `Unknown feature flag: KEY`.
std::variant<std::string, config_error> feature_override(std::string_view key, feature_switch to);

/// Which features are on.
class feature_set {
public:
  /// Every feature at its default.
  feature_set();

  bool enabled(feature x) const { return bits_.test(static_cast<std::size_t>(x)); }
  void set(feature x, feature_switch to) {
    bits_.set(static_cast<std::size_t>(x), to == feature_switch::enable);
  }

  bool operator==(const feature_set&) const = default;

private:
  std::bitset<feature_count> bits_;
};

} // namespace troupe::config
