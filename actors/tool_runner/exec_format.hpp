#pragma once

#include "messages/model_info.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// What the model gets to read about a command. Contract tools.md 1.6, 3.4 and 4.4; the texts
/// are part of the contract, to the letter.
namespace troupe::tool_runner {

enum class exec_end : std::uint8_t { exited, timed_out };

/// A command that ran; all text is UTF-8.
struct exec_outcome {
  std::int32_t exit_code = 0;
  exec_end end = exec_end::exited;
  std::chrono::nanoseconds duration{0};
  std::string standard_output;
  std::string standard_error;
  std::string aggregated_output;
  bool operator==(const exec_outcome&) const = default;
};

/// The aggregated output, behind a line that tells of a timeout.
std::string shown_output(const exec_outcome& x);

/// Exit code of a command that ran into its time limit.
inline constexpr std::int32_t timed_out_exit_code = 124;

/// Compact JSON with output and metadata: `shell`, `container.exec`, `local_shell`, `apply_patch`.
std::string shell_json_output(const exec_outcome& x, const truncation_policy& policy);

/// Lines with exit code, wall time and output: `shell_command`.
std::string shell_lines_output(const exec_outcome& x, const truncation_policy& policy);

/// What `exec_command` or `write_stdin` has collected.
struct collected_output {
  std::string chunk_id; ///< six hexadecimal digits
  std::chrono::nanoseconds wall_time{0};
  std::optional<std::int32_t> exit_code;  ///< once known
  std::optional<std::int32_t> session_id; ///< while alive
  std::string text;
};

std::string unified_exec_output(const collected_output& x, std::int64_t max_output_tokens);

/// Six hexadecimal digits of a random number.
std::string chunk_id(std::uint32_t random);

/// What a call of this name gets when its turn is cancelled. `elapsed` counts from the call.
std::string abort_text(std::string_view tool_name, std::chrono::nanoseconds elapsed);

/// Shell tools: `execution error: ` and the cause.
std::string execution_error(std::string_view cause);

/// `exec_command` that was rejected or forbidden for `reason`.
std::string exec_command_rejected(std::string_view reason);

/// `exec_command` whose process could not be started.
std::string exec_command_failed(std::string_view cause);

/// `exec_command` whose process the sandbox seems to have stopped; `output` is what it had written.
std::string exec_command_denied(std::string_view output, std::int32_t exit_code);

/// Tools whose outputs are aborted in the layout of a shell.
bool is_shell_tool(std::string_view tool_name);

} // namespace troupe::tool_runner
