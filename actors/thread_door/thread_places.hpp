#pragma once

#include "messages/ids.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

/// Who holds the places for threads of other nodes. A node has a share of them, so that none can
/// keep the others out, and those of a node that is gone are given back. Pure.
namespace troupe::thread_door {

class thread_places {
public:
  using time = std::chrono::steady_clock::time_point;

  struct limits {
    std::size_t all = 0;
    std::size_t per_member = 0;
  };

  /// A member, by its certificate, in one of its lives: another one after each of its starts.
  struct holder {
    std::string member;
    std::string life;
  };

  explicit thread_places(limits x) : limits_(x) {}

  /// Why there is no place for one more of the member, with the remedy; empty: there is.
  std::string refusal(const std::string& member) const;

  /// A start is under way and takes a place until `end_start`.
  void begin_start(const std::string& member) { ++held_[member]; }
  void end_start(const std::string& member) { release(member); }

  void take(const thread_id& thread, holder by, time now);
  void touch(const thread_id& thread, time now);
  void give_back(const thread_id& thread);
  bool has(const thread_id& thread) const { return places_.contains(thread); }

  /// Threads whose holder's life has had no link since `now - patience`, and which nobody has used
  /// since. Sees holders that `is_linked`, so it must be asked now and then.
  std::vector<thread_id> forgotten(const std::function<bool(const std::string& life)>& is_linked,
                                   time now, std::chrono::milliseconds patience);

  bool has_life(const std::string& life) const;

private:
  struct place {
    holder by;
    time last; ///< used, or its holder was seen
  };

  void release(const std::string& member);
  std::size_t size() const;

  limits limits_;
  std::map<thread_id, place> places_;
  std::map<std::string, std::size_t> held_; // by member, with starts under way; no zeros
};

} // namespace troupe::thread_door
