#pragma once

#include "config/shell_environment.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What a login shell leaves behind once it has read its profile, so that a command need not start
/// one (contract tools.md 3.1). Of bash only: other shells cannot tell all of it, their commands
/// start a login shell as before.
namespace troupe::tool_runner {

struct shell_snapshot {
  /// A dump above this size is no use: a profile does not leave as much.
  static constexpr std::size_t max_dump_bytes = 4 * 1024 * 1024;

  std::map<std::string, std::string> changed; ///< variables of the environment
  std::vector<std::string> removed;           ///< names the profile has unset
  std::vector<std::string> options;           ///< arguments of bash: "-O", "extglob"
  std::string umask;                          ///< octal; empty: the profile has left it alone

  /// Functions, aliases and variables that are not exported: all names in order.
  std::vector<std::string> names;
  std::map<std::string, std::string> variables; ///< declarations by name
  std::string functions;                        ///< and aliases: the text that defines them all

  bool operator==(const shell_snapshot&) const = default;
};

/// The argv that makes `bash` start as a login shell and write its dump to standard output. What
/// the profile writes itself, or reads, is lost.
std::vector<std::string> snapshot_argv(const std::string& bash);

/// Of a dump that a shell has written which was started with the environment `start`. None: it is
/// not whole.
std::optional<shell_snapshot> read_snapshot(std::string_view dump, const config::variables& start);

/// `start` as the profile has changed it.
config::variables with_profile(config::variables start, const shell_snapshot& x);

/// Does this command name something that only the definitions know?
bool needs_definitions(const shell_snapshot& x, std::string_view script);

/// The text that defines all functions and aliases, and those variables whose names are among
/// `allowed`: an environment policy holds for them as well.
std::string definitions_of(const shell_snapshot& x, const config::variables& allowed);

/// The descriptor on which a command finds the definitions.
inline constexpr int definitions_descriptor = 9;

/// Is this `bash -lc SCRIPT ...`, with any path of bash?
bool runs_login_bash(const std::vector<std::string>& argv);

/// What a command finds beside the environment of the snapshot.
struct login_rest {
  bool definitions = false; ///< on `definitions_descriptor`
  std::string bash_env;     ///< BASH_ENV of the profile: for the shells that the command starts
};

/// The argv that does what a command that `runs_login_bash` does, without a login.
std::vector<std::string> without_login(const std::vector<std::string>& argv,
                                       const shell_snapshot& x, const login_rest& rest);

} // namespace troupe::tool_runner
