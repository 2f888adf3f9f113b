#include "actors/event_relay/thread_roster.hpp"

namespace troupe::event_relay {

void thread_roster::add(const thread_created& x) {
  closed_early_.erase(x.thread); // a resumed thread comes back under its id
  live_.insert_or_assign(x.thread, x);
}

void thread_roster::remove(const thread_id& x) {
  live_.erase(x);
  if (!complete_)
    closed_early_.insert(x);
}

void thread_roster::complete(const std::vector<thread_created>& listed) {
  for (const auto& x : listed)
    if (!closed_early_.contains(x.thread))
      live_.try_emplace(x.thread, x);
  closed_early_.clear();
  complete_ = true;
}

std::vector<thread_created> thread_roster::live() const {
  std::vector<thread_created> result;
  result.reserve(live_.size());
  for (const auto& [id, x] : live_)
    result.push_back(x);
  return result;
}

} // namespace troupe::event_relay
