#pragma once

#include "messages/ids.hpp"
#include "messages/rollout.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Finding the thread that `exec resume` means (contracts exec-and-sdk.md 1.2, config.md 1).
namespace troupe::exec {

/// The thread that carries `name` now. `index` is the text of session_index.jsonl, in which the
/// last line of a thread holds its name; of several threads with one name, the one named last.
std::optional<thread_id> find_thread_name(std::string_view index, std::string_view name);

/// What `--last` looks for, among threads of one model provider.
struct last_thread_filter {
  std::string cwd; ///< empty: any
};

/// The first of `newest_first` that passes.
const stored_thread* find_last_thread(const std::vector<stored_thread>& newest_first,
                                      const last_thread_filter& filter);

} // namespace troupe::exec
