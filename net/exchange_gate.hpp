#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace troupe::net {

/// Limits how many exchanges with one origin are in flight, over all lanes of a client; others wait
/// in the order they came. Thread-safe.
class exchange_gate : public std::enable_shared_from_this<exchange_gate> {
public:
  /// The right to one exchange; given back when the last copy is dropped.
  using slot = std::shared_ptr<void>;

  /// Called at most once, on the thread that enters or on the one that gives a slot back; must not
  /// throw. A slot that is not kept goes to the next.
  using turn = std::function<void(slot)>;

  /// `max_in_flight` 0: no limit, slots are null.
  exchange_gate(std::size_t max_in_flight, std::size_t max_waiting)
    : max_in_flight_(max_in_flight), max_waiting_(max_waiting) {}

  bool has_limit() const { return max_in_flight_ > 0; }

  /// A place in a queue; 0: none was needed.
  using ticket = std::uint64_t;

  /// False: the queue is full, `on_turn` is dropped. `place` is set before `on_turn` is called.
  bool enter(const std::string& origin, ticket& place, turn on_turn);

  /// Gives up a place; nothing happens when its turn has come already.
  void leave(const std::string& origin, ticket place);

  std::size_t waiting(const std::string& origin);

private:
  struct waiter {
    ticket place;
    turn on_turn;
  };
  struct queue {
    std::size_t in_flight = 0;
    bool is_serving = false; // somebody is giving out slots, and looks again after each
    std::list<waiter> waiting;
  };

  void serve(const std::string& origin);
  void give_back(const std::string& origin);
  slot new_slot(const std::string& origin);

  const std::size_t max_in_flight_;
  const std::size_t max_waiting_;
  std::mutex mutex_;
  ticket last_ticket_ = 0;
  std::unordered_map<std::string, queue> queues_;
};

} // namespace troupe::net
