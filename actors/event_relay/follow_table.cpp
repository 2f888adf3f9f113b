#include "actors/event_relay/follow_table.hpp"

#include <algorithm>

namespace troupe::event_relay {

bool follow_table::greet(const node_name& node) {
  const auto known = entries_.find(node);
  if (known != entries_.end()) {
    known->second = entry{};
    return true;
  }
  if (entries_.size() >= max_followers_)
    return false;
  entries_.emplace(node, entry{});
  return true;
}

bool follow_table::follow(const node_name& node) {
  const auto known = entries_.find(node);
  if (known == entries_.end())
    return false;
  known->second = entry{.follows = true, .open = 0};
  return true;
}

follow_table::fan_out follow_table::on_event() {
  fan_out result;
  for (auto it = entries_.begin(); it != entries_.end();) {
    auto& [node, x] = *it;
    if (x.follows && x.open >= window_) {
      result.cut.push_back(node);
      it = entries_.erase(it);
      continue;
    }
    if (x.follows) {
      ++x.open;
      result.to.push_back(node);
    }
    ++it;
  }
  return result;
}

bool follow_table::credit(const node_name& node, std::uint32_t count) {
  const auto known = entries_.find(node);
  if (known == entries_.end() || !known->second.follows)
    return false;
  known->second.open -= std::min(known->second.open, count);
  return true;
}

void follow_table::remove(const node_name& node) {
  entries_.erase(node);
}

} // namespace troupe::event_relay
