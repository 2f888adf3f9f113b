#include "actors/tool_runner/login_command.hpp"

#include "actors/tool_runner/user_shell.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace troupe::tool_runner {

namespace {

/// Each writes one shell's state to standard output: marks that begin with \1, records that end
/// with NUL. Without single quotes, because they are quoted with them, and safe from functions and
/// aliases of the profile. Options come first: what follows changes some.
constexpr std::string_view bash_state = R"(\builtin trap - DEBUG ERR EXIT RETURN
\builtin printf "\1options\0"
\builtin set +o; \builtin shopt -p
\builtin printf "\0\1umask\0"
\builtin umask
\builtin printf "\0\1environment\0"
\builtin set +euxv -f; \builtin shopt -u extdebug; \builtin unset IFS
\builtin command -p env -0
\builtin printf "\1functions\0"
for troupe_name in $(\builtin compgen -A function); do
  \builtin printf "%s\0" "$troupe_name"; \builtin declare -f -- "$troupe_name"; \builtin printf "\0"
done
\builtin printf "\1aliases\0"
for troupe_name in $(\builtin compgen -a); do
  \builtin printf "%s\0" "$troupe_name"; \builtin alias -- "$troupe_name"; \builtin printf "\0"
done
\builtin printf "\1variables\0"
for troupe_name in $(\builtin compgen -v); do
  \builtin printf "%s\0" "$troupe_name"; \builtin declare -p -- "$troupe_name"; \builtin printf "\0"
done
\builtin printf "\1end\0")";

/// Aliases need no option here; their line makes `read_snapshot` keep them. Of special variables
/// only the places of functions count.
constexpr std::string_view zsh_state = R"(\builtin trap - DEBUG ERR EXIT ZERR 2>/dev/null
\builtin printf "\001options\000shopt -s expand_aliases\n"
\builtin set +o
\builtin emulate -R zsh
\builtin printf "\000\001umask\000"
\builtin umask
\builtin printf "\000\001environment\000"
\builtin command -p env -0
\builtin zmodload zsh/parameter
\builtin printf "\001functions\000"
for troupe_name in "${(@k)functions}"; do
  \builtin printf "%s\000" "$troupe_name"; \builtin typeset -f -- "$troupe_name"; \builtin printf "\000"
done
\builtin printf "\001aliases\000"
for troupe_name in "${(@k)aliases}" "${(@k)galiases}"; do
  \builtin printf "%s\000" "$troupe_name"; \builtin alias -L -- "$troupe_name"; \builtin printf "\000"
done
\builtin printf "\001variables\000fpath\000fpath=(${(j: :)${(@qq)fpath}})\000"
for troupe_name in "${(@k)parameters}"; do
  [[ $parameters[$troupe_name] = *(special|local)* ]] && continue
  \builtin printf "%s\000" "$troupe_name"; \builtin typeset -p -- "$troupe_name"; \builtin printf "\000"
done
\builtin printf "\001end\000")";

/// Keeps the profile away from what we read and from our input.
constexpr std::string_view quiet_start =
  R"(exec 9>&1 >/dev/null 2>&1 </dev/null; printf "\001start\000" >&9; umask >&9; exec "$@")";

bool is_zsh(const std::string& shell) {
  return shell_kind_of(shell) == shell_kind::zsh;
}

std::string single_quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text)
    if (c == '\'')
      result += "'\\''";
    else
      result += c;
  return result + "'";
}

} // namespace

std::vector<std::string> snapshot_argv(const std::string& shell) {
  const auto of_zsh = is_zsh(shell);
  auto script = fmt::format("troupe_dump='{}'\neval \"$troupe_dump\" >&9\n"
                            "{} {} -c \"$troupe_dump\" >&9\n",
                            of_zsh ? zsh_state : bash_state, single_quoted(shell),
                            of_zsh ? "-f" : "--norc --noprofile");
  return {"/bin/sh", "-c", std::string{quiet_start}, "sh", shell, "-lc", std::move(script)};
}

bool runs_login_shell(const std::vector<std::string>& argv) {
  if (argv.size() < 3 || argv[1] != "-lc")
    return false;
  const auto kind = shell_kind_of(argv[0]);
  return kind == shell_kind::bash || kind == shell_kind::zsh;
}

std::vector<std::string> without_login(const std::vector<std::string>& argv,
                                       const shell_snapshot& x, const login_rest& rest) {
  const auto of_zsh = is_zsh(argv[0]);
  std::vector<std::string> result{argv[0], of_zsh ? "-f" : "--norc"};
  result.insert(result.end(), x.options.begin(), x.options.end());
  result.emplace_back("-c");
  std::string script;
  if (!x.umask.empty())
    script += fmt::format("umask {}\n", x.umask);
  if (!rest.bash_env.empty())
    script += fmt::format("export BASH_ENV={}\n", single_quoted(rest.bash_env));
  // Read, not sourced: where there is no /proc, /dev/fd does not work.
  if (rest.definitions)
    script += fmt::format("IFS= read -rd '' -u {0} || :; exec {0}<&-; "
                          "eval \"$REPLY\" >/dev/null 2>&1 || :; unset REPLY; :\n",
                          definitions_descriptor);
  // zsh reads all of a script before it runs any of it: too early for aliases.
  script += of_zsh && rest.definitions ? "eval " + single_quoted(argv[2]) : argv[2];
  result.push_back(std::move(script));
  result.insert(result.end(), argv.begin() + 3, argv.end());
  return result;
}

} // namespace troupe::tool_runner
