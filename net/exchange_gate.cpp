#include "net/exchange_gate.hpp"

#include <utility>

namespace troupe::net {

bool exchange_gate::enter(const std::string& origin, ticket& place, turn on_turn) {
  place = 0;
  if (max_in_flight_ == 0) {
    on_turn(nullptr);
    return true;
  }
  {
    const std::lock_guard guard{mutex_};
    auto& x = queues_[origin];
    if (x.in_flight >= max_in_flight_ && x.waiting.size() >= max_waiting_)
      return false;
    place = ++last_ticket_;
    x.waiting.push_back({place, std::move(on_turn)});
  }
  serve(origin);
  return true;
}

void exchange_gate::leave(const std::string& origin, ticket place) {
  turn dropped; // outside of the lock: what it holds may come back here
  const std::lock_guard guard{mutex_};
  const auto i = queues_.find(origin);
  if (i == queues_.end())
    return;
  i->second.waiting.remove_if([&](waiter& x) {
    if (x.place == place)
      dropped = std::move(x.on_turn);
    return x.place == place;
  });
}

std::size_t exchange_gate::waiting(const std::string& origin) {
  const std::lock_guard guard{mutex_};
  const auto i = queues_.find(origin);
  return i == queues_.end() ? 0 : i->second.waiting.size();
}

// One thread at a time per origin, in a loop: a slot that is dropped at once, by a waiter that is
// gone, would otherwise recurse through the whole queue.
void exchange_gate::serve(const std::string& origin) {
  std::unique_lock lock{mutex_};
  auto& x = queues_[origin];
  if (std::exchange(x.is_serving, true))
    return;
  while (x.in_flight < max_in_flight_ && !x.waiting.empty()) {
    ++x.in_flight;
    auto next = std::move(x.waiting.front().on_turn);
    x.waiting.pop_front();
    lock.unlock();
    next(new_slot(origin));
    next = nullptr; // what it holds may come back here, so not under the lock
    lock.lock();
  }
  x.is_serving = false;
  if (x.in_flight == 0)
    queues_.erase(origin);
}

void exchange_gate::give_back(const std::string& origin) {
  {
    const std::lock_guard guard{mutex_};
    --queues_[origin].in_flight;
  }
  serve(origin);
}

exchange_gate::slot exchange_gate::new_slot(const std::string& origin) {
  return {this, [self = shared_from_this(), origin](exchange_gate*) { self->give_back(origin); }};
}

} // namespace troupe::net
