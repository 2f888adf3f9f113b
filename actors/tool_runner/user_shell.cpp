#include "actors/tool_runner/user_shell.hpp"

#include "actors/tool_runner/path_text.hpp"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace troupe::tool_runner {

namespace {

std::string_view program_name(shell_kind kind) {
  switch (kind) {
  case shell_kind::zsh: return "zsh";
  case shell_kind::bash: return "bash";
  case shell_kind::sh: return "sh";
  case shell_kind::power_shell: return "pwsh";
  case shell_kind::cmd: return "cmd";
  }
  return "sh";
}

std::optional<user_shell> find_shell(shell_kind kind, const shell_lookup& lookup) {
  const auto name = program_name(kind);
  if (auto found = find_program(name, lookup))
    return user_shell{kind, std::move(*found)};
  auto standard = "/bin/" + std::string{name};
  if (lookup.is_file(standard))
    return user_shell{kind, std::move(standard)};
  return std::nullopt;
}

} // namespace

std::optional<std::string> find_program(std::string_view name, const shell_lookup& lookup) {
  std::string_view rest = lookup.search_path;
  while (!rest.empty()) {
    const auto end = rest.find(':');
    const auto folder = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (!folder.starts_with('/'))
      continue;
    auto candidate = std::string{folder} + "/" + std::string{name};
    if (lookup.is_file(candidate))
      return candidate;
  }
  return std::nullopt;
}

std::optional<shell_kind> shell_kind_of(std::string_view path) {
  auto name = file_name(path);
  if (const auto dot = name.rfind('.'); dot != std::string_view::npos && dot > 0)
    name = name.substr(0, dot);
  if (name == "powershell")
    return shell_kind::power_shell;
  for (const auto kind : {shell_kind::zsh, shell_kind::bash, shell_kind::sh,
                          shell_kind::power_shell, shell_kind::cmd})
    if (name == program_name(kind))
      return kind;
  return std::nullopt;
}

std::vector<std::string> shell_argv(const user_shell& shell, std::string_view script,
                                    login_shell login) {
  std::vector<std::string> result{shell.path};
  switch (shell.kind) {
  case shell_kind::zsh:
  case shell_kind::bash:
  case shell_kind::sh: result.emplace_back(login == login_shell::yes ? "-lc" : "-c"); break;
  case shell_kind::power_shell:
    if (login == login_shell::no)
      result.emplace_back("-NoProfile");
    result.emplace_back("-Command");
    break;
  case shell_kind::cmd: result.emplace_back("/c"); break;
  }
  result.emplace_back(script);
  return result;
}

shell_lookup machine_shells(std::string search_path) {
  shell_lookup result;
  result.search_path = std::move(search_path);
  result.is_file = [](const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
  };
  std::array<char, 16 * 1024> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found)
    result.account_shell = found->pw_shell;
  return result;
}

user_shell default_shell(const shell_lookup& lookup) {
  if (const auto kind = shell_kind_of(lookup.account_shell);
      kind && lookup.is_file(lookup.account_shell))
    return {*kind, lookup.account_shell};
  for (const auto kind : {shell_kind::bash, shell_kind::zsh})
    if (auto found = find_shell(kind, lookup))
      return std::move(*found);
  return {};
}

user_shell named_shell(std::string_view name, const user_shell& users, const shell_lookup& lookup) {
  const auto kind = shell_kind_of(name);
  if (!kind)
    return {};
  if (name.find('/') != std::string_view::npos && lookup.is_file(std::string{name}))
    return {*kind, std::string{name}};
  if (users.kind == *kind)
    return users;
  return find_shell(*kind, lookup).value_or(user_shell{});
}

} // namespace troupe::tool_runner
