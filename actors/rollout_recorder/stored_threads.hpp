#pragma once

#include "actors/rollout_recorder/store_files.hpp"
#include "messages/rollout.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <variant>

/// Listing and finding the threads stored below a state directory (contract rollouts.md 8, file
/// scan). Blocks; for the recorder's pool threads and for front ends.
namespace troupe::rollout_recorder {

/// Error: `invalid_request` for a malformed cursor.
std::variant<rollout_page, store_error> list(const std::filesystem::path& home,
                                             const list_rollouts& request);

/// The file of an active thread.
std::optional<std::filesystem::path> find_by_id(const std::filesystem::path& home,
                                                const thread_id& thread);

/// The file of an archived thread.
std::optional<std::filesystem::path> find_archived(const std::filesystem::path& home,
                                                   const thread_id& thread);

/// What `resume --last` looks for (contract exec-and-sdk.md 1.2).
struct last_thread_filter {
  std::string provider;                     ///< of the thread; one that recorded none passes, too
  std::optional<std::filesystem::path> cwd; ///< none: any
};

/// The most recently updated active thread that passes.
std::optional<stored_thread> find_last(const std::filesystem::path& home,
                                       const last_thread_filter& filter);

/// Whether both paths name one folder; compared as text when they cannot be resolved.
bool is_same_folder(const std::filesystem::path& a, const std::filesystem::path& b);

} // namespace troupe::rollout_recorder
