#pragma once

#include "messages/rollout.hpp"

#include <cstddef>
#include <vector>

namespace troupe::rollout_recorder {

/// The lines of one append request; may be empty.
using append_lines = std::vector<rollout_line>;

struct batcher_limits {
  std::size_t max_appends = 256;              ///< contract rollouts.md 6
  std::size_t max_bytes = 64UL * 1024 * 1024; ///< of what waits; a single larger append is taken
};

/// The queue of one file: one write at a time; what arrives meanwhile goes into the next one.
/// Answers are due in the order of the requests, so the queue only counts them and the caller keeps
/// a list of its own.
class batcher {
public:
  /// False when the queue is full; nothing is kept then.
  [[nodiscard]] bool offer(append_lines lines, const batcher_limits& limits);

  /// There is something to write and no write under way.
  bool is_ready() const { return writing_ == 0 && !queued_.empty(); }

  /// Nothing waits and no write is under way.
  bool is_idle() const { return writing_ == 0 && queued_.empty(); }

  /// Everything that waits; a write is under way from now on. Requires `is_ready()`.
  std::vector<append_lines> take();

  struct answers {
    std::size_t done = 0;   ///< the oldest so many requests are written
    std::size_t failed = 0; ///< the next so many are lost
    bool operator==(const answers&) const = default;
  };

  /// The write is over and all of it is with the operating system.
  answers succeed();

  /// The write failed behind its first `written` requests. All that waits is lost with it: it
  /// would follow a gap in the thread's history.
  answers fail(std::size_t written);

private:
  std::vector<append_lines> queued_;
  std::size_t queued_bytes_ = 0;
  std::size_t writing_ = 0; // requests in the write under way
};

} // namespace troupe::rollout_recorder
