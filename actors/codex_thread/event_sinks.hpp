#pragma once

#include "actors/codex_thread/subscribers.hpp"
#include "messages/interfaces.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace troupe::codex_thread {

/// The actors that follow a thread's events, and what is due to each of them. At most `max_sinks`;
/// the owner monitors each of them and says when one is dead.
class event_sinks {
public:
  /// Each may have up to `subscribers::max_queued_events` queued, about 200 KB. A thread is
  /// followed by a front end, its relay and a few observers.
  static constexpr std::size_t max_sinks = 256;

  enum class added : std::uint8_t {
    watched, ///< was there already
    fresh,   ///< is to be monitored
    refused  ///< there are too many
  };

  added add(const subscribe_events& x) {
    auto* known = find(x.sink);
    const bool is_watched = known && is_same(known->sink, address_of(x.sink));
    if (!known && sinks_.size() >= max_sinks)
      return added::refused;
    if (!known)
      known = &sinks_.emplace_back(entry{++last_id_, x.sink});
    known->sink = x.sink; // perhaps another proxy of the same actor, after a lost link
    events_.add(known->id, x.credit, x.deltas == delta_wish::all ? deltas::take : deltas::skip);
    return is_watched ? added::watched : added::fresh;
  }

  /// A monitored sink is dead.
  void forget(const caf::actor_addr& dead) {
    const auto found = std::find_if(sinks_.begin(), sinks_.end(),
                                    [&dead](const entry& x) { return is_same(x.sink, dead); });
    if (found == sinks_.end())
      return;
    events_.remove(found->id);
    sinks_.erase(found);
  }

  /// Calls `f` with each sink.
  template <class F>
  void for_each(F f) const {
    for (const auto& x : sinks_)
      f(x.sink);
  }

  std::size_t size() const { return sinks_.size(); }

  void grant(const event_credit& x) {
    if (const auto* known = find(x.sink))
      events_.grant(known->id, x.events);
  }

  /// Whether it was there.
  bool remove(const unsubscribe_events& x) {
    const auto* known = find(x.sink);
    if (!known)
      return false;
    events_.remove(known->id);
    std::erase_if(sinks_, [&x](const entry& s) { return s.sink == x.sink; });
    return true;
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

  static caf::actor_addr address_of(const event_sink_actor& x) {
    return caf::actor_cast<caf::actor_addr>(x);
  }

  /// The same object: a dead proxy and a live one of the same actor compare equal otherwise.
  static bool is_same(const event_sink_actor& x, const caf::actor_addr& y) {
    return address_of(x).get() == y.get();
  }

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
