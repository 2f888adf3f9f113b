#pragma once

#include "actors/rollout_recorder/batcher.hpp"
#include "actors/rollout_recorder/file_set.hpp"
#include "actors/rollout_recorder/rollout_reader.hpp"
#include "actors/rollout_recorder/store_files.hpp"
#include "messages/rollout.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// The blocking file work of the recorder. No function here keeps state: the caller holds the open
/// files and sees to it that one file is written by one call at a time.
namespace troupe::rollout_recorder {

/// A rollout over this size is not loaded: its history would not fit into memory twice.
inline constexpr std::uint64_t max_rollout_bytes = 2ULL * 1024 * 1024 * 1024;

struct store_settings {
  std::filesystem::path home; ///< state directory, contract config.md 1
  std::string originator;     ///< for threads that name none
  std::string cli_version;
  std::function<std::chrono::system_clock::time_point()> clock; ///< called on any thread
};

struct created_rollout {
  std::filesystem::path path;
  open_file file;
};

/// Creates the file of a new thread and writes its session_meta. A creation that fails leaves no
/// file behind. Errors: those of `open_for_appending`.
std::variant<created_rollout, store_error> create(const store_settings& settings,
                                                  const session_meta& meta);

struct loaded_rollout {
  rollout_history history;
  open_file file;
};

/// Opens a rollout for appending and reads it. Errors: those of `open_for_appending`,
/// `no_such_rollout`, `rollout_unreadable` (contract rollouts.md 7).
std::variant<loaded_rollout, store_error> load(const store_settings& settings,
                                               const load_rollout& request);

struct append_job {
  std::filesystem::path path;
  std::optional<open_file> file; ///< none: `path` is opened
  std::vector<append_lines> appends;
  std::optional<thread_id> owner = {}; ///< given: a file that is opened must be of this thread
};

struct append_outcome {
  std::optional<open_file> file; ///< none after an error
  std::size_t written = 0;       ///< the first so many appends are with the operating system
  std::optional<store_error> error;
};

/// Writes the lines that belong into a rollout (persistence.hpp), all with the time of this call.
/// After an error the file is closed; the next append opens it again and starts on a fresh line.
/// Error: always `rollout_unwritable`.
append_outcome append(const store_settings& settings, append_job job);

/// Reads a rollout without opening it for appending, so it may be in use. Error:
/// `no_such_rollout`, `rollout_unreadable`.
std::variant<rollout_history, store_error> read_rollout(const std::filesystem::path& path);

} // namespace troupe::rollout_recorder
