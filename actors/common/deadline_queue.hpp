#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace troupe {

/// Deadlines of many things, driven by one tick: CAF's clock does not scale to a timer per thread
/// (guides/caf.md 5.4). At most one deadline per id; setting it again replaces it, in O(log n).
template <class Id, class Clock = std::chrono::steady_clock>
class deadline_queue {
public:
  using time_point = typename Clock::time_point;

  void set(const Id& id, time_point deadline) {
    const auto [known, is_new] = by_id_.try_emplace(id, deadline);
    if (!is_new) {
      by_time_.erase({known->second, id});
      known->second = deadline;
    }
    by_time_.emplace(deadline, id);
  }

  /// Forgets the id's deadline, if it has one.
  void cancel(const Id& id) {
    const auto known = by_id_.find(id);
    if (known == by_id_.end())
      return;
    by_time_.erase({known->second, id});
    by_id_.erase(known);
  }

  /// Removes and returns the ids whose deadline has come, earliest first.
  std::vector<Id> take_due(time_point now) {
    std::vector<Id> result;
    while (!by_time_.empty() && by_time_.begin()->first <= now) {
      auto due = by_time_.extract(by_time_.begin());
      by_id_.erase(due.value().second);
      result.push_back(std::move(due.value().second));
    }
    return result;
  }

  /// When `take_due` will next return something; none when nothing is set.
  std::optional<time_point> next() const {
    if (by_time_.empty())
      return std::nullopt;
    return by_time_.begin()->first;
  }

  std::size_t size() const { return by_id_.size(); }

private:
  std::map<Id, time_point> by_id_;
  std::set<std::pair<time_point, Id>> by_time_; // a heap that can also forget
};

} // namespace troupe
