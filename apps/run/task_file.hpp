#pragma once

#include "apps/run/task.hpp"
#include "apps/run/task_reader.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// TASKS files: JSON Lines (one object per line) or TOML (`[[task]]` tables and, for what they have
/// in common, `[defaults]`).
namespace troupe::run {

inline constexpr std::size_t max_task_file_bytes = 512 * 1024 * 1024;

/// Why a TASKS file cannot be run, with file and line: one line per problem, `max_shown_problems`
/// at most, ready for stderr.
struct task_file_problem {
  static constexpr std::size_t max_shown_problems = 20;

  std::string message;
  bool operator==(const task_file_problem&) const = default;
};

enum class task_format : std::uint8_t { jsonl, toml };

/// By the name's extension: `.toml` is TOML, everything else is JSON Lines.
task_format format_of(const std::filesystem::path& file);

/// The entries as written, defaults merged in. `label` is how messages name the file.
std::variant<std::vector<raw_task>, task_file_problem>
parse_task_file(std::string_view text, task_format format, std::string_view label);

/// Reads and checks everything that can be known before the first task runs: syntax, keys, ids
/// (unique; the task's position when none is given), schemas, folders. Blocks.
std::variant<std::vector<task>, task_file_problem> load_tasks(const std::filesystem::path& file);

} // namespace troupe::run
