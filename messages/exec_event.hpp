#pragma once

#include "messages/shared_text.hpp"
#include "messages/wire_enum.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// Events of running tools: commands, patches, plans (contract threads.md 19.3).
namespace troupe {

enum class exec_source : std::uint8_t {
  agent,
  user_shell,
  unified_exec_startup,
  unified_exec_interaction
};
template <>
struct enum_texts<exec_source> {
  static constexpr std::array<std::string_view, 4> values{
    "agent", "user_shell", "unified_exec_startup", "unified_exec_interaction"};
};

struct exec_command_begin {
  std::string call_id;
  std::string process_id; ///< empty: none
  std::vector<std::string> command;
  std::string cwd;
  shared_text parsed_cmd_json; ///< array of contract tools.md 10
  exec_source source = exec_source::agent;
  bool operator==(const exec_command_begin&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, exec_command_begin& x) {
  return f.object(x).fields(f.field("call_id", x.call_id), f.field("process_id", x.process_id),
                            f.field("command", x.command), f.field("cwd", x.cwd),
                            f.field("parsed_cmd_json", x.parsed_cmd_json),
                            f.field("source", x.source));
}

enum class output_stream : std::uint8_t { standard_output, standard_error };
template <>
struct enum_texts<output_stream> {
  static constexpr std::array<std::string_view, 2> values{"stdout", "stderr"};
};

struct exec_output_delta {
  std::string call_id;
  output_stream stream = output_stream::standard_output;
  std::string chunk; ///< raw bytes; base64 in JSON
  bool operator==(const exec_output_delta&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, exec_output_delta& x) {
  return f.object(x).fields(f.field("call_id", x.call_id), f.field("stream", x.stream),
                            f.field("chunk", x.chunk));
}

struct exec_command_end {
  exec_command_begin begin;
  std::string standard_output;
  std::string standard_error;
  std::string aggregated_output;
  std::int32_t exit_code = -1;
  std::chrono::nanoseconds duration{0};
  std::string formatted_output;
  bool operator==(const exec_command_end&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, exec_command_end& x) {
  return f.object(x).fields(
    f.field("begin", x.begin), f.field("standard_output", x.standard_output),
    f.field("standard_error", x.standard_error), f.field("aggregated_output", x.aggregated_output),
    f.field("exit_code", x.exit_code), f.field("duration", x.duration),
    f.field("formatted_output", x.formatted_output));
}

struct terminal_interaction {
  std::string call_id;
  std::string process_id;
  std::string standard_input;
  bool operator==(const terminal_interaction&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, terminal_interaction& x) {
  return f.object(x).fields(f.field("call_id", x.call_id), f.field("process_id", x.process_id),
                            f.field("standard_input", x.standard_input));
}

enum class change_kind : std::uint8_t { add, remove, update };
template <>
struct enum_texts<change_kind> {
  static constexpr std::array<std::string_view, 3> values{"add", "delete", "update"};
};

struct file_change {
  change_kind kind = change_kind::add;
  std::string text;      ///< content (add, delete) or unified diff (update)
  std::string move_path; ///< of updates that move; empty: none
  bool operator==(const file_change&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, file_change& x) {
  return f.object(x).fields(f.field("kind", x.kind), f.field("text", x.text),
                            f.field("move_path", x.move_path));
}

/// Absolute path to what happens to the file.
using file_changes = std::map<std::string, file_change>;

struct patch_apply_begin {
  std::string call_id;
  bool auto_approved = true;
  file_changes changes;
  bool operator==(const patch_apply_begin&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, patch_apply_begin& x) {
  return f.object(x).fields(f.field("call_id", x.call_id),
                            f.field("auto_approved", x.auto_approved),
                            f.field("changes", x.changes));
}

struct patch_apply_end {
  std::string call_id;
  std::string standard_output;
  std::string standard_error;
  bool success = false;
  file_changes changes;
  bool operator==(const patch_apply_end&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, patch_apply_end& x) {
  return f.object(x).fields(f.field("call_id", x.call_id),
                            f.field("standard_output", x.standard_output),
                            f.field("standard_error", x.standard_error),
                            f.field("success", x.success), f.field("changes", x.changes));
}

struct turn_diff {
  std::string unified_diff;
  bool operator==(const turn_diff&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, turn_diff& x) {
  return f.object(x).fields(f.field("unified_diff", x.unified_diff));
}

enum class step_status : std::uint8_t { pending, in_progress, completed };
template <>
struct enum_texts<step_status> {
  static constexpr std::array<std::string_view, 3> values{"pending", "in_progress", "completed"};
};

struct plan_step {
  std::string step;
  step_status status = step_status::pending;
  bool operator==(const plan_step&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, plan_step& x) {
  return f.object(x).fields(f.field("step", x.step), f.field("status", x.status));
}

struct plan_update {
  std::optional<std::string> explanation;
  std::vector<plan_step> plan;
  bool operator==(const plan_update&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, plan_update& x) {
  return f.object(x).fields(f.field("explanation", x.explanation), f.field("plan", x.plan));
}

} // namespace troupe
