#include "actors/tool_runner/exec_format.hpp"

#include "actors/tool_runner/output_truncation.hpp"
#include "messages/json/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace troupe::tool_runner {

namespace {

constexpr std::string_view line_count_header = "Total output lines: ";

double seconds(std::chrono::nanoseconds x) {
  return std::chrono::duration<double>(x).count();
}

double tenths(std::chrono::nanoseconds x) {
  return std::round(seconds(x) * 10) / 10;
}

/// `text` as a string literal in a debug rendering.
std::string debug_quoted(std::string_view text) {
  std::string result = "\"";
  for (const auto c : text) {
    switch (c) {
    case '"': result += "\\\""; break;
    case '\\': result += "\\\\"; break;
    case '\n': result += "\\n"; break;
    case '\r': result += "\\r"; break;
    case '\t': result += "\\t"; break;
    default: result.push_back(c);
    }
  }
  result.push_back('"');
  return result;
}

} // namespace

std::string shown_output(const exec_outcome& x) {
  if (x.end == exec_end::exited)
    return x.aggregated_output;
  const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(x.duration);
  return fmt::format("command timed out after {} milliseconds\n{}", limit.count(),
                     x.aggregated_output);
}

std::string shell_json_output(const exec_outcome& x, const truncation_policy& policy) {
  std::string result;
  json_writer json{result};
  json.begin_object().member("output", formatted_truncation(shown_output(x), policy));
  json.key("metadata").begin_object().member("exit_code", std::int64_t{x.exit_code});
  json.key("duration_seconds").real(tenths(x.duration));
  json.end_object().end_object();
  return result;
}

std::string shell_lines_output(const exec_outcome& x, const truncation_policy& policy) {
  const auto body = shown_output(x);
  const auto shown = truncate_text(body, policy);
  auto result =
    fmt::format("Exit code: {}\nWall time: {} seconds\n", x.exit_code, tenths(x.duration));
  const auto lines = count_lines(body);
  if (lines != count_lines(shown))
    fmt::format_to(std::back_inserter(result), "{}{}\n", line_count_header, lines);
  return result + "Output:\n" + shown;
}

std::string unified_exec_output(const collected_output& x, std::int64_t max_output_tokens) {
  auto result =
    fmt::format("Chunk ID: {}\nWall time: {:.4f} seconds\n", x.chunk_id, seconds(x.wall_time));
  const auto out = std::back_inserter(result);
  if (x.exit_code)
    fmt::format_to(out, "Process exited with code {}\n", *x.exit_code);
  if (x.session_id)
    fmt::format_to(out, "Process running with session ID {}\n", *x.session_id);
  const truncation_policy policy{truncation_mode::tokens, max_output_tokens};
  fmt::format_to(out, "Original token count: {}\nOutput:\n{}", estimated_tokens(x.text.size()),
                 formatted_truncation(x.text, policy));
  return result;
}

std::string chunk_id(std::uint32_t random) {
  return fmt::format("{:06x}", random & 0xFFFFFFu);
}

std::string abort_text(std::string_view tool_name, std::chrono::nanoseconds elapsed) {
  const auto shown = std::max(seconds(elapsed), 0.1);
  if (is_shell_tool(tool_name))
    return fmt::format("Wall time: {:.1f} seconds\naborted by user", shown);
  return fmt::format("aborted by user after {:.1f}s", shown);
}

std::string execution_error(std::string_view cause) {
  return fmt::format("execution error: {}", cause);
}

std::string exec_command_rejected(std::string_view reason) {
  return exec_command_failed(fmt::format("Rejected({})", debug_quoted(reason)));
}

std::string exec_command_failed(std::string_view cause) {
  return fmt::format("exec_command failed: CreateProcess {{ message: {} }}", debug_quoted(cause));
}

std::string exec_command_denied(std::string_view output, std::int32_t exit_code) {
  const auto message =
    output.empty() ? fmt::format("Process exited with code {}", exit_code) : std::string{output};
  return fmt::format("exec_command failed: SandboxDenied {{ message: {} }}", debug_quoted(message));
}

bool is_shell_tool(std::string_view tool_name) {
  return tool_name == "shell" || tool_name == "container.exec" || tool_name == "local_shell" ||
         tool_name == "shell_command";
}

} // namespace troupe::tool_runner
