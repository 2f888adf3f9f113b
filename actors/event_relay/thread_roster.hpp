#pragma once

#include "messages/cluster.hpp"

#include <map>
#include <set>
#include <vector>

namespace troupe::event_relay {

/// The live threads of this node, as the relay tells its followers. Built from one list of the
/// thread manager and the events of the group. The list is no snapshot: events that arrive before
/// it may or may not be in it, so until then both are kept and then merged by id.
class thread_roster {
public:
  void add(const thread_created& x);
  void remove(const thread_id& x);

  /// The manager's list, once.
  void complete(const std::vector<thread_created>& listed);

  bool is_complete() const { return complete_; }

  /// Every live thread.
  std::vector<thread_created> live() const;

private:
  std::map<thread_id, thread_created> live_;
  std::set<thread_id> closed_early_; // before the list came: it may still name them
  bool complete_ = false;
};

} // namespace troupe::event_relay
