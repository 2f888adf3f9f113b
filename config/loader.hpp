#pragma once

#include "config/config.hpp"
#include "config/config_error.hpp"
#include "config/environment.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// Files, profiles and overrides to one `config` (contract config.md 2 to 8). Reads files below
/// `home`, `system_directory` and the project; writes nothing.
namespace troupe::config {

/// What dedicated flags and typed parameters say; it stands above every file and `-c`.
struct typed_overrides {
  std::optional<std::string> model;
  std::optional<std::string> model_provider;
  std::optional<std::string> profile;
  std::optional<troupe::approval_policy> approval_policy; ///< `exec` forces `never`
  std::optional<troupe::sandbox_mode> sandbox_mode;
  std::vector<std::filesystem::path> additional_writable_roots; ///< relative ones: against the cwd
  std::optional<reasoning_effort> model_reasoning_effort;
  std::optional<troupe::personality> personality;
  std::optional<identity_kind> identity;
  std::optional<mode_kind> collaboration_mode;
  std::optional<std::string> base_instructions;
  std::optional<std::string> developer_instructions;
  std::optional<std::string> compact_prompt;
  std::optional<bool> show_raw_agent_reasoning;
  /// `--oss`: the named local provider; the empty string: the configured `oss_provider`.
  std::optional<std::string> local_provider;
};

struct load_request {
  std::filesystem::path home; ///< from `find_home`
  std::filesystem::path cwd;  ///< absolute, exists
  std::filesystem::path system_directory = "/etc/codex";
  std::vector<std::string> overrides; ///< the texts after `-c`, in the order given
  typed_overrides typed;
  environment env;
  std::string client_version;
  /// The front end's name; CODEX_INTERNAL_ORIGINATOR_OVERRIDE replaces it.
  std::string originator = "codex_exec";
};

inline constexpr std::size_t max_config_file_bytes = 4 * 1024 * 1024;
inline constexpr std::size_t max_prompt_file_bytes = 1024 * 1024; ///< instruction and prompt files

std::variant<config, config_error> load(const load_request& request);

} // namespace troupe::config
