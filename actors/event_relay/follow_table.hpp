#pragma once

#include "messages/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace troupe::event_relay {

/// Who follows this node, and how many events each may still be sent. A follower is greeted first,
/// then follows; one whose window is full when the next event comes is cut, because an unsent event
/// would be a gap it does not know of.
class follow_table {
public:
  /// Whom an event goes to, and who was cut (and removed) instead.
  struct fan_out {
    std::vector<node_name> to;
    std::vector<node_name> cut;
    bool operator==(const fan_out&) const = default;
  };

  follow_table(std::size_t max_followers, std::uint32_t window)
    : max_followers_(max_followers), window_(window) {}

  /// A node said hello, perhaps again: what was known of it is void. False: the table is full.
  bool greet(const node_name& node);

  /// It wants events from now on. False: it was not greeted.
  bool follow(const node_name& node);

  /// One event for every follower.
  fan_out on_event();

  /// The follower has taken `count` events; more than it was sent count as all. False: it does not
  /// follow, and should be told.
  bool credit(const node_name& node, std::uint32_t count);

  void remove(const node_name& node);

  std::size_t size() const { return entries_.size(); }

private:
  struct entry {
    bool follows = false;
    std::uint32_t open = 0; // events sent and not taken yet
  };

  std::map<node_name, entry> entries_;
  std::size_t max_followers_;
  std::uint32_t window_;
};

} // namespace troupe::event_relay
