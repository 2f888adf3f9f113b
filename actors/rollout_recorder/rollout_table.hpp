#pragma once

#include "actors/rollout_recorder/batcher.hpp"
#include "actors/rollout_recorder/file_set.hpp"
#include "actors/rollout_recorder/rollout_store.hpp"
#include "messages/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <unordered_map>
#include <vector>

namespace troupe::rollout_recorder {

struct table_limits {
  std::size_t open_rollouts = 100'000; ///< threads that may append
  std::size_t parallel_writes = 16;
  std::size_t open_files = 256; ///< between writes; the least recently used is closed
  batcher_limits per_thread;
};

/// Number of a request that is to be answered, given by the caller.
using ticket = std::uint64_t;

/// The answer to one request is due.
struct settled_request {
  ticket number = 0;
  std::optional<store_error> error;
};

/// A write that is due; its outcome goes to `finish_write`.
struct due_write {
  thread_id thread;
  append_job job;
};

/// The rollouts that are open, what waits to be written to each, and which file is open. Decides
/// what to write next and which requests are answered; does neither itself. Every accepted request
/// settles exactly once.
class rollout_table {
public:
  explicit rollout_table(table_limits limits);

  /// A rollout is about to be opened; it takes appends from now on. Errors: `invalid_request` when
  /// it is open already, `queue_full`.
  std::optional<store_error> add(const thread_id& thread);

  /// Opening is over. Requires `add`.
  void set_open(const thread_id& thread, std::filesystem::path path, open_file file);

  /// The rollout was open at the recorder before this one: it takes appends at once, and its file
  /// is opened by the first one, which fails when it is not of this thread. Errors: those of `add`.
  std::optional<store_error> adopt(const thread_id& thread, std::filesystem::path path);

  /// Opening failed. Everything that waits for the rollout is settled: appends with `error`.
  void remove(const thread_id& thread, const store_error& error);

  /// Errors: `no_such_rollout` when it is not open or about to be closed, `queue_full`.
  std::optional<store_error> append(const thread_id& thread, append_lines lines, ticket number);

  /// Settles when everything queued before is written or has failed; the file is then closed and
  /// the rollout forgotten. Error: `no_such_rollout`.
  std::optional<store_error> close(const thread_id& thread, ticket number);

  /// The writes to begin now.
  std::vector<due_write> start_writes();

  void finish_write(const thread_id& thread, append_outcome outcome);

  /// Forgets all rollouts; what waits is settled like in `remove`.
  void clear(const store_error& error);

  /// What has settled since the last call, in order for each thread.
  std::vector<settled_request> take_settled();

  bool contains(const thread_id& thread) const { return rollouts_.count(thread) != 0; }

  /// No write is due or under way.
  bool is_drained() const { return ready_.empty() && writes_ == 0; }

private:
  struct known_rollout {
    std::filesystem::path path;
    batcher queue;
    std::vector<ticket> appends; // in the order of the queue
    std::vector<ticket> closes;
    bool is_opening = true;
    bool is_unseen = false; // adopted, and not opened yet
    bool is_ready = false;  // listed in ready_
  };
  using entry = std::unordered_map<thread_id, known_rollout>::iterator;

  void proceed(entry at);
  void forget(entry at, const store_error& error);
  void settle_appends(known_rollout& x, batcher::answers answers,
                      const std::optional<store_error>& error);

  table_limits limits_;
  std::unordered_map<thread_id, known_rollout> rollouts_;
  file_set files_;
  std::deque<thread_id> ready_; // have lines to write and no write under way, oldest first
  std::size_t writes_ = 0;      // under way
  std::vector<settled_request> settled_;
};

} // namespace troupe::rollout_recorder
