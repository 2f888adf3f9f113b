#include "actors/model_client/user_agent.hpp"

#include "net/wire/headers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <iterator>
#include <optional>
#include <sys/utsname.h>

namespace troupe::model_client {

std::string originator_text(const config::environment& env, std::string_view wanted) {
  const auto forced = env("CODEX_INTERNAL_ORIGINATOR_OVERRIDE");
  const auto result = forced.value_or(std::string{wanted});
  return net::is_legal_header_value(result) ? result : "codex_cli_rs";
}

namespace {

/// The value of `key` in a file of shell assignments, without its quotes.
std::string assigned_value(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!line.starts_with(key) || !line.substr(key.size()).starts_with('='))
      continue;
    auto value = line.substr(key.size() + 1);
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
        value.back() == value.front())
      value = value.substr(1, value.size() - 2);
    return std::string{value};
  }
  return {};
}

constexpr bool is_token_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == '/';
}

/// `program` or `program/version`.
std::string with_version(std::string_view program, const std::optional<std::string>& version) {
  return version ? fmt::format("{}/{}", program, *version) : std::string{program};
}

/// A terminal that a variable gives away, whatever its value.
struct terminal_mark {
  std::string_view variable;
  std::string_view program;
};

} // namespace

platform parse_platform(std::string_view os_release, std::string_view machine) {
  platform result;
  auto name = assigned_value(os_release, "NAME");
  // `Debian GNU/Linux`, `Arch Linux`: the distribution's own name is enough.
  for (const std::string_view ending : {" GNU/Linux", " Linux"})
    if (name.ends_with(ending))
      name.resize(name.size() - ending.size());
  if (!name.empty())
    result.type = name;
  result.version = assigned_value(os_release, "VERSION_ID");
  result.architecture = machine;
  return result;
}

platform this_platform() {
  std::ifstream file{"/etc/os-release"};
  const std::string os_release{std::istreambuf_iterator<char>{file}, {}};
  utsname names{};
  const bool known = uname(&names) == 0;
  return parse_platform(os_release, known ? names.machine : "");
}

namespace {

std::string raw_terminal(const config::environment& env) {
  using config::non_blank;
  if (const auto program = non_blank(env, "TERM_PROGRAM"))
    return with_version(*program, non_blank(env, "TERM_PROGRAM_VERSION"));
  if (env("WEZTERM_VERSION"))
    return with_version("WezTerm", non_blank(env, "WEZTERM_VERSION"));
  for (const auto& [variable, program] : std::to_array<terminal_mark>({
         {"ITERM_SESSION_ID", "iTerm.app"},
         {"ITERM_PROFILE", "iTerm.app"},
         {"ITERM_PROFILE_NAME", "iTerm.app"},
         {"TERM_SESSION_ID", "Apple_Terminal"},
       }))
    if (env(variable))
      return std::string{program};
  const auto term = env("TERM").value_or("");
  if (env("KITTY_WINDOW_ID") || term.find("kitty") != std::string::npos)
    return "kitty";
  if (env("ALACRITTY_SOCKET") || term == "alacritty")
    return "Alacritty";
  if (env("KONSOLE_VERSION"))
    return with_version("Konsole", non_blank(env, "KONSOLE_VERSION"));
  if (env("GNOME_TERMINAL_SCREEN"))
    return "gnome-terminal";
  if (env("VTE_VERSION"))
    return with_version("VTE", non_blank(env, "VTE_VERSION"));
  if (env("WT_SESSION"))
    return "WindowsTerminal";
  return non_blank(env, "TERM").value_or("unknown");
}

} // namespace

std::string terminal_text(const config::environment& env) {
  auto result = raw_terminal(env);
  std::ranges::replace_if(
    result, [](char c) { return !is_token_character(c); }, '_');
  return result;
}

std::string user_agent_text(const user_agent_parts& x) {
  const auto& arch = x.os.architecture;
  auto result = fmt::format("{}/{} ({} {}; {}) {}", x.originator, x.version, x.os.type,
                            x.os.version.empty() ? "Unknown" : x.os.version,
                            arch.empty() ? "unknown" : arch, x.terminal);
  if (x.suffix.find_first_not_of(" \t\r\n") != std::string::npos)
    result += fmt::format(" ({})", x.suffix);
  if (!net::is_legal_header_value(result))
    std::ranges::replace_if(
      result, [](char c) { return c < ' ' || c > '~'; }, '_');
  return result;
}

} // namespace troupe::model_client
