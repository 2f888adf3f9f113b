#pragma once

#include "actors/tool_runner/shell_snapshot.hpp"

#include <string>
#include <vector>

/// Commands of login shells: how a snapshot is taken of one, and how a command does without. For
/// bash and zsh; sh (dash) cannot tell its functions, so that its commands start a login shell as
/// ever.
namespace troupe::tool_runner {

/// The argv that makes `shell` start as a login shell and write its dump to standard output. What
/// the profile writes itself, or reads, is lost. `shell`: the path of one that `runs_login_shell`
/// knows.
std::vector<std::string> snapshot_argv(const std::string& shell);

/// Is this `bash -lc SCRIPT ...` or `zsh -lc SCRIPT ...`, with any path?
bool runs_login_shell(const std::vector<std::string>& argv);

/// The descriptor on which a command finds the definitions.
inline constexpr int definitions_descriptor = 9;

/// What a command finds beside the environment of the snapshot.
struct login_rest {
  bool definitions = false; ///< on `definitions_descriptor`
  std::string bash_env;     ///< BASH_ENV of the profile: for the shells that the command starts
};

/// The argv that does what a command that `runs_login_shell` does, without a login.
std::vector<std::string> without_login(const std::vector<std::string>& argv,
                                       const shell_snapshot& x, const login_rest& rest);

} // namespace troupe::tool_runner
