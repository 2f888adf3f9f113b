#pragma once

#include "messages/model_stream.hpp"
#include "messages/wire_enum.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::run {

enum class task_status : std::uint8_t {
  completed,   ///< the turn ended by itself
  failed,      ///< the thread or the workspace could not start, or the turn ended with an error
  interrupted, ///< the run was stopped before the turn ended
};

} // namespace troupe::run

template <>
struct troupe::enum_texts<troupe::run::task_status> {
  static constexpr std::array<std::string_view, 3> values{"completed", "failed", "interrupted"};
};

namespace troupe::run {

/// What became of one attempt at a task: a line of results.jsonl. Everything that a result rests on
/// can be found from it.
struct result_record {
  std::string id;
  task_status status = task_status::failed;
  std::uint32_t attempt = 1; ///< from 1, over all runs into the same folder
  std::optional<std::string> final_message;
  std::string error; ///< empty: none
  token_usage usage;
  std::uint64_t refused = 0;             ///< tool calls without a sandbox or a process to run in
  std::chrono::milliseconds duration{0}; ///< from the start of the thread to the end of the turn
  std::string model;
  std::vector<std::string> tags;
  std::string thread_id;
  std::string rollout_path;
  std::string workspace;
  std::string started_at;  ///< RFC 3339, UTC
  std::string fingerprint; ///< of the task, see task.hpp
  bool operator==(const result_record&) const = default;
};

/// One line of JSON, newline included.
std::string print_result(const result_record& x);

/// None for anything that `print_result` did not write, such as a torn line.
std::optional<result_record> parse_result(std::string_view line);

} // namespace troupe::run
