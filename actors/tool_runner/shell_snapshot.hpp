#pragma once

#include "config/shell_environment.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What a login shell leaves behind once it has read its profile, so that a command need not start
/// one (contract tools.md 3.1); `login_command.hpp` has how it is made and used.
namespace troupe::tool_runner {

struct shell_snapshot {
  /// A dump above this size is no use: a profile does not leave as much.
  static constexpr std::size_t max_dump_bytes = 4 * 1024 * 1024;

  std::map<std::string, std::string> changed; ///< variables of the environment
  std::vector<std::string> removed;           ///< names the profile has unset
  std::vector<std::string> options;           ///< arguments of the shell: "-O", "extglob"
  std::string umask;                          ///< octal; empty: the profile has left it alone

  /// Functions, aliases and variables that are not exported: all names in order.
  std::vector<std::string> names;
  std::map<std::string, std::string> variables; ///< declarations by name
  std::string functions;                        ///< and aliases: the text that defines them all

  bool operator==(const shell_snapshot&) const = default;
};

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

} // namespace troupe::tool_runner
