#pragma once

#include "actors/codex_thread/effects.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace troupe::codex_thread {

/// Events that wait until lines of the rollout are safe, and those behind them: nobody hears of an
/// outcome that a crash could still undo, and the order stays. Empty most of the time. Pure.
///
/// Bounded by its owner, which grants a model stream no credit while anything is held, and by what
/// tools may tell of a command's output.
class held_events {
public:
  /// Whether an event has to be held now. `written`: appends so far; `safe`: the first so many of
  /// them are acknowledged, or have failed.
  bool holds(const outgoing& x, std::uint64_t written, std::uint64_t safe) const {
    return !events_.empty() || (x.after_lines && safe < written);
  }

  void hold(outgoing x, std::uint64_t written) {
    const auto after = x.after_lines ? written : 0;
    events_.push_back({std::move(x), after});
  }

  /// Calls `publish` with those that wait for nothing any more, in order.
  template <class Publish>
  void release(std::uint64_t safe, Publish publish) {
    std::size_t count = 0;
    for (; count < events_.size() && events_[count].after <= safe; ++count)
      publish(std::move(events_[count].event));
    if (count == events_.size())
      events_ = {}; // idle threads keep nothing they do not need
    else
      events_.erase(events_.begin(), events_.begin() + static_cast<std::ptrdiff_t>(count));
  }

  bool empty() const { return events_.empty(); }

private:
  struct entry {
    outgoing event;
    std::uint64_t after = 0; ///< that many appends have to be safe
  };

  std::vector<entry> events_;
};

} // namespace troupe::codex_thread
