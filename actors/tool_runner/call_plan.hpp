#pragma once

#include "actors/tool_runner/exec_policy.hpp"
#include "actors/tool_runner/tool_arguments.hpp"
#include "actors/tool_runner/user_shell.hpp"
#include "messages/tool.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What a tool call asks for, worked out before anything runs. Contract tools.md 1.3, 3.1, 3.2, 4.2
/// and 5.6.
namespace troupe::tool_runner {

/// The call is answered without running anything.
struct finished_call {
  std::string output;
  bool success = true;
  std::vector<event_msg> events; ///< to be told before the answer
  bool operator==(const finished_call&) const = default;
};

/// The call does not fit its tool: an error of the protocol, not for the model.
struct misdirected_call {
  std::string message;
  bool operator==(const misdirected_call&) const = default;
};

/// How a command's output is presented.
enum class output_layout : std::uint8_t { json, lines };

/// A command that runs to its end.
struct shell_plan {
  output_layout layout = output_layout::json;
  argument_list argv;
  std::string cwd; ///< absolute
  std::chrono::milliseconds timeout{0};
  exec_decision decision;
  bool operator==(const shell_plan&) const = default;
};

/// A command that may go on after the answer.
struct exec_plan {
  argument_list argv;
  std::string cwd; ///< absolute
  terminal_wish tty = terminal_wish::none;
  std::chrono::milliseconds yield_time{0};
  std::int64_t max_output_tokens = default_output_tokens;
  exec_decision decision;
  bool operator==(const exec_plan&) const = default;
};

struct patch_plan {
  /// Time limit of a patch that does not come through a shell.
  static constexpr std::chrono::milliseconds default_timeout{10'000};

  std::string text;
  std::string cwd; ///< absolute
  std::chrono::milliseconds timeout = default_timeout;
  std::vector<std::string> notes; ///< user messages to record before the output
  bool operator==(const patch_plan&) const = default;
};

using call_plan = std::variant<finished_call, misdirected_call, shell_plan, exec_plan,
                               write_stdin_arguments, patch_plan>;

/// The shells of this machine, looked up once.
struct shell_environment {
  user_shell users;
  shell_lookup lookup;
};

/// The tool's name; local shell calls carry none of their own.
std::string_view tool_name(const run_tool& call);

/// The settings a call runs with: of an agent that may only read, nothing is writable, whatever its
/// sandbox policy says.
shared_value<tool_context> confined(shared_value<tool_context> x);

/// `call.context` must be `confined`.
call_plan plan_call(const run_tool& call, const shell_environment& shells);

} // namespace troupe::tool_runner
