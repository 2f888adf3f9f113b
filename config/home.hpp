#pragma once

#include "config/config_error.hpp"
#include "config/environment.hpp"

#include <filesystem>
#include <string_view>
#include <system_error>
#include <variant>

/// The state directory and the names in it (contract config.md 1). Existing Codex homes are used as
/// they are.
namespace troupe::config {

/// `$HOME`, a relative one from the working folder; empty when it is not set, or has none to start
/// from.
std::filesystem::path user_home(const environment& env);

/// `CODEX_HOME` when set and not empty: it must be an existing directory and comes back canonical.
/// Otherwise `.codex` in `user_home`, which need not exist yet (see `create_home`). Absolute.
/// Error: `config_errc::no_home`.
std::variant<std::filesystem::path, config_error> find_home(const environment& env);

/// Creates the home, readable for its owner only, when it is missing.
std::error_code create_home(const std::filesystem::path& home);

std::filesystem::path config_file(const std::filesystem::path& home);
/// The file of profile `name`; empty when the name cannot be a file name (it holds a separator).
std::filesystem::path profile_file(const std::filesystem::path& home, std::string_view name);
std::filesystem::path auth_file(const std::filesystem::path& home);
std::filesystem::path sessions_folder(const std::filesystem::path& home);
std::filesystem::path archived_sessions_folder(const std::filesystem::path& home);
std::filesystem::path session_index_file(const std::filesystem::path& home);
std::filesystem::path history_file(const std::filesystem::path& home);
std::filesystem::path models_cache_file(const std::filesystem::path& home);
std::filesystem::path rules_folder(const std::filesystem::path& home);
std::filesystem::path skills_folder(const std::filesystem::path& home);
std::filesystem::path log_folder(const std::filesystem::path& home);

} // namespace troupe::config
