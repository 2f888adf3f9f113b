#include "actors/event_relay/peer_view.hpp"

namespace troupe::event_relay {

std::vector<thread_event> peer_view::resync(const following& x) {
  std::vector<thread_event> result;
  if (x.node != node_)
    result = forget();
  node_ = x.node;
  std::set<thread_id> now;
  for (const auto& thread : x.live)
    if (thread.node == node_)
      now.insert(thread.thread);
  for (const auto& id : live_)
    if (!now.contains(id))
      result.emplace_back(thread_closed{id, lost_reason, node_});
  for (const auto& thread : x.live)
    if (thread.node == node_ && live_.insert(thread.thread).second)
      result.emplace_back(thread);
  live_ = std::move(now);
  return result;
}

bool peer_view::add(const thread_created& x) {
  return x.node == node_ && live_.insert(x.thread).second;
}

bool peer_view::remove(const thread_closed& x) {
  return x.node == node_ && live_.erase(x.thread) == 1;
}

std::vector<thread_event> peer_view::forget() {
  std::vector<thread_event> result;
  for (const auto& id : live_)
    result.emplace_back(thread_closed{id, lost_reason, node_});
  live_.clear();
  return result;
}

} // namespace troupe::event_relay
