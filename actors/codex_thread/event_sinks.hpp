#pragma once

#include "actors/codex_thread/subscribers.hpp"
#include "messages/interfaces.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace troupe::codex_thread {

/// The actors that follow a thread's events, and what is due to each of them.
class event_sinks {
public:
  void add(const subscribe_events& x) {
    auto* known = find(x.sink);
    if (!known)
      known = &sinks_.emplace_back(entry{++last_id_, x.sink});
    events_.add(known->id, x.credit, x.deltas == delta_wish::all ? deltas::take : deltas::skip);
  }

  void grant(const event_credit& x) {
    if (const auto* known = find(x.sink))
      events_.grant(known->id, x.events);
  }

  void remove(const unsubscribe_events& x) {
    const auto* known = find(x.sink);
    if (!known)
      return;
    events_.remove(known->id);
    std::erase_if(sinks_, [&x](const entry& s) { return s.sink == x.sink; });
  }

  void publish(const std::string& turn, event_msg msg) { events_.publish(turn, std::move(msg)); }

  /// Calls `send` with a sink and a message for it, for everything that may be sent now.
  template <class Send>
  void deliver(const thread_id& thread, Send send) {
    if (sinks_.empty())
      return;
    for (auto& due : events_.take()) {
      const auto it = std::find_if(sinks_.begin(), sinks_.end(),
                                   [&due](const entry& s) { return s.id == due.subscriber; });
      if (it == sinks_.end())
        continue;
      if (due.gap) {
        due.gap->thread = thread;
        send(it->sink, std::move(*due.gap));
      }
      send(it->sink, event_batch{thread, std::move(due.events)});
    }
  }

private:
  struct entry {
    std::uint64_t id = 0;
    event_sink_actor sink;
  };

  entry* find(const event_sink_actor& sink) {
    const auto it = std::find_if(sinks_.begin(), sinks_.end(),
                                 [&sink](const entry& s) { return s.sink == sink; });
    return it == sinks_.end() ? nullptr : &*it;
  }

  subscribers events_;
  std::vector<entry> sinks_;
  std::uint64_t last_id_ = 0;
};

} // namespace troupe::codex_thread
