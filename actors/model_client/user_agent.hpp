#pragma once

#include "config/environment.hpp"

#include <string>
#include <string_view>

/// How the program names itself to providers (contract responses-client.md 3.1).
namespace troupe::model_client {

/// The originator of a front end: `CODEX_INTERNAL_ORIGINATOR_OVERRIDE` when set, else `wanted`;
/// `codex_cli_rs` when that is no legal header value.
std::string originator_text(const config::environment& env, std::string_view wanted);

struct platform {
  std::string type = "Linux"; ///< `Debian`, `Ubuntu`, ...
  std::string version;
  std::string architecture; ///< `x86_64`; empty: not known
};

/// From the content of `/etc/os-release` and the machine name of `uname`.
platform parse_platform(std::string_view os_release, std::string_view machine);

/// This computer.
platform this_platform();

/// Program and version of the terminal, `unknown` when nothing tells. Inside tmux it is tmux that
/// is named: asking it for the outer terminal would start a process before the first request.
std::string terminal_text(const config::environment& env);

struct user_agent_parts {
  std::string originator;
  std::string version;
  platform os;
  std::string terminal;
  std::string suffix; ///< an app-server's `{client name}; {client version}`; blank: none
};

/// `{originator}/{version} ({os type} {os version}; {arch}) {terminal}`, then ` ({suffix})`. Always
/// a legal header value: what is not becomes `_`.
std::string user_agent_text(const user_agent_parts& x);

} // namespace troupe::model_client
