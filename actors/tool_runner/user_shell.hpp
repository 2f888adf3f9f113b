#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Shells: which one runs a script, and how it is called. Contract tools.md 3.1 and 4.2.
namespace troupe::tool_runner {

enum class shell_kind : std::uint8_t { zsh, bash, sh, power_shell, cmd };

struct user_shell {
  shell_kind kind = shell_kind::sh;
  std::string path = "/bin/sh";
  bool operator==(const user_shell&) const = default;
};

/// By file name without extension; none for programs that are no known shell.
std::optional<shell_kind> shell_kind_of(std::string_view path);

enum class login_shell : std::uint8_t { no, yes };

/// The argv that makes `shell` run `script`.
std::vector<std::string> shell_argv(const user_shell& shell, std::string_view script,
                                    login_shell login);

/// What choosing a shell asks of the machine; a test brings its own answers.
struct shell_lookup {
  std::string account_shell; ///< of the password database; empty when there is none
  std::string search_path;   ///< PATH
  std::function<bool(const std::string&)> is_file;
};

/// The absolute path of a program in the absolute folders of PATH: an empty or relative entry would
/// run whatever lies in the current folder.
std::optional<std::string> find_program(std::string_view name, const shell_lookup& lookup);

/// Answers of this machine, with this PATH. Asks the password database: not for hot paths.
shell_lookup machine_shells(std::string search_path);

/// The account's shell when it is a known one, else bash, zsh or /bin/sh.
user_shell default_shell(const shell_lookup& lookup);

/// The shell that a call names: the path itself when it is a file, else the user's shell when it is
/// of that kind, else one found in PATH or in /bin. Unknown names give /bin/sh.
user_shell named_shell(std::string_view name, const user_shell& users, const shell_lookup& lookup);

} // namespace troupe::tool_runner
