#pragma once

#include "messages/event.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace troupe::codex_thread {

/// Whether a subscriber takes output deltas, which most programs do not need.
enum class deltas : std::uint8_t { skip, take };

/// What is due to one subscriber: first the gap, then the events behind it.
struct delivery {
  std::uint64_t subscriber = 0;
  std::optional<events_lagged> gap; ///< its thread is not filled in
  std::vector<event> events;
};

/// Distributes numbered events to subscribers by credit. A subscriber without credit is queued for,
/// up to `max_queued_events`; beyond that its oldest events are dropped and it is told which. Pure.
class subscribers {
public:
  /// Enough for a few busy turns of a front end that was slow for a moment; 1,024 events are about
  /// 200 KB.
  static constexpr std::size_t max_queued_events = 1024;

  /// Adds or changes a subscriber; credit adds up.
  void add(std::uint64_t id, std::uint32_t credit, deltas wish);
  void remove(std::uint64_t id);
  void grant(std::uint64_t id, std::uint32_t credit);

  /// Numbers `msg` and queues it for everyone who wants it.
  void publish(const std::string& turn, event_msg msg);

  /// Takes out what may be sent now.
  std::vector<delivery> take();

  bool empty() const { return entries_.empty(); }
  bool anyone_takes_deltas() const;
  std::uint64_t last_number() const { return last_number_; }

private:
  struct entry {
    std::uint64_t id = 0;
    std::uint64_t credit = 0;
    deltas wish = deltas::skip;
    std::uint64_t first_lost = 0; ///< 0: nothing lost
    std::uint64_t last_lost = 0;
    std::deque<event> queue;
  };

  entry* find(std::uint64_t id);

  std::vector<entry> entries_;
  std::uint64_t last_number_ = 0;
};

/// Deltas are what a subscriber can do without: the finished item brings the whole text.
bool is_delta(const event_msg& x);

} // namespace troupe::codex_thread
