#pragma once

#include "apps/common/override_options.hpp"
#include "config/config.hpp"
#include "config/credentials.hpp"
#include "config/environment.hpp"
#include "config/loader.hpp"
#include "config/node_ceiling.hpp"
#include "config/otel.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

/// Configuration and login as the commands that run threads need them.
namespace troupe::common {

/// Whether anything is going to be asked that wants one.
enum class login_need : std::uint8_t { wanted, none };

struct settings_request {
  std::filesystem::path cwd;          ///< absolute, exists
  std::vector<std::string> overrides; ///< the texts after `-c`
  config::typed_overrides typed;      ///< the approval policy becomes `never` whatever it says
  login_need login = login_need::wanted;
};

struct loaded_settings {
  config::config settings;
  std::optional<config::login> login;
  config::environment environment;
  std::optional<config::otel_settings> otel; ///< none: no spans are wanted
  config::node_ceiling ceiling;              ///< of what other nodes may do here
};

/// What stderr gets before the program ends with exit code 1; without a newline at its end.
struct settings_problem {
  std::string message;
};

/// All configuration layers as they apply to `request.cwd`. Blocks.
std::variant<config::config, settings_problem> load_config(const std::filesystem::path& home,
                                                           const config::environment& env,
                                                           settings_request request);

/// Reads the home (created when missing), all configuration layers and the login, CODEX_API_KEY
/// included, unless none is needed. Blocks. A login store that cannot be read is a problem
/// (contract responses-client.md 2.10); the setting `keyring`, which is there for other programs,
/// only a warning.
std::variant<loaded_settings, settings_problem> load_settings(settings_request request);

/// Writes the warnings of the configuration to stderr, a line each: for commands whose own output
/// has no place for them.
void show_warnings(const config::config& x);

/// The settings of a command that only looks: of the current directory, with the overrides of each
/// level of the command line. Nothing is created or changed. Blocks.
std::variant<config::config, settings_problem>
read_settings(std::span<const override_options> levels);

/// The directory that `-C` names, else the current one: absolute and canonical.
std::variant<std::filesystem::path, settings_problem>
working_root(const std::optional<std::string>& given);

} // namespace troupe::common
