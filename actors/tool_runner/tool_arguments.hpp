#pragma once

#include "actors/tool_runner/exec_policy.hpp"
#include "actors/tool_runner/user_shell.hpp"
#include "messages/event.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The JSON arguments of tool calls as values. Contract tools.md 2.1. Unknown members are ignored,
/// but not by `update_plan`; null counts as absent.
namespace troupe::tool_runner {

/// A text for the model: `failed to parse function arguments: …`.
struct argument_error {
  std::string message;
  bool operator==(const argument_error&) const = default;
};

template <class T>
using parsed_arguments = std::variant<T, argument_error>;

/// What every command tool takes.
struct escalation_arguments {
  sandbox_request request = sandbox_request::use_default;
  std::string justification;
  argument_list prefix_rule;
  bool operator==(const escalation_arguments&) const = default;
};

struct shell_arguments {
  static constexpr std::chrono::milliseconds default_timeout{10'000};

  argument_list command; ///< argv; of `shell_command` the script alone
  std::string workdir;   ///< empty: the turn's
  login_shell login = login_shell::yes;
  std::chrono::milliseconds timeout = default_timeout;
  escalation_arguments escalation;
  bool operator==(const shell_arguments&) const = default;
};

enum class terminal_wish : std::uint8_t { none, pty };

/// Limits of how long a call collects output before it answers.
inline constexpr std::chrono::milliseconds min_yield_time{250};
inline constexpr std::chrono::milliseconds max_yield_time{30'000};
/// A `write_stdin` without characters is a poll; polling faster would only cost requests.
inline constexpr std::chrono::milliseconds min_poll_time{5'000};
inline constexpr std::int64_t default_output_tokens = 10'000;

struct exec_command_arguments {
  std::string cmd;
  std::string workdir; ///< empty: the turn's
  std::string shell;   ///< empty: the user's
  login_shell login = login_shell::yes;
  terminal_wish tty = terminal_wish::none;
  std::chrono::milliseconds yield_time{10'000}; ///< within the limits
  std::int64_t max_output_tokens = default_output_tokens;
  escalation_arguments escalation;
  bool operator==(const exec_command_arguments&) const = default;
};

struct write_stdin_arguments {
  std::int64_t session_id = 0;
  std::string chars;
  std::chrono::milliseconds yield_time{
    250}; ///< within the limits, at least `min_poll_time` for polls
  std::int64_t max_output_tokens = default_output_tokens;
  bool operator==(const write_stdin_arguments&) const = default;
};

parsed_arguments<shell_arguments> parse_shell(std::string_view json);
parsed_arguments<shell_arguments> parse_shell_command(std::string_view json);
/// The `action` of a local shell call.
parsed_arguments<shell_arguments> parse_local_shell(std::string_view json);
parsed_arguments<exec_command_arguments> parse_exec_command(std::string_view json);
parsed_arguments<write_stdin_arguments> parse_write_stdin(std::string_view json);
/// The patch of the function form of `apply_patch`.
parsed_arguments<std::string> parse_apply_patch(std::string_view json);
parsed_arguments<plan_update> parse_update_plan(std::string_view json);

} // namespace troupe::tool_runner
