#pragma once

#include "messages/cluster.hpp"

#include <set>
#include <variant>
#include <vector>

namespace troupe::event_relay {

using thread_event = std::variant<thread_created, thread_closed>;

/// What this node's subscribers were told of a peer's threads. Whatever is lost, repeated or out of
/// date on the way, each thread is reported created once and closed once.
class peer_view {
public:
  /// Reason of threads that ended, or may have, while nobody was watching.
  static constexpr const char* lost_reason = "node lost";

  /// The peer's list after `follow`: returns what changed since the last word, closed ones first. A
  /// peer that comes back under another name has lost all threads of the old one.
  std::vector<thread_event> resync(const following& x);

  /// Events after the list. False: no news, or not about the peer's own threads.
  bool add(const thread_created& x);
  bool remove(const thread_closed& x);

  /// The peer is given up: returns the end of everything known.
  std::vector<thread_event> forget();

  const node_name& node() const { return node_; }

private:
  node_name node_;
  std::set<thread_id> live_;
};

} // namespace troupe::event_relay
