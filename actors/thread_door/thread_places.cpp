#include "actors/thread_door/thread_places.hpp"

#include <algorithm>
#include <utility>

namespace troupe::thread_door {

namespace {

constexpr auto remedy = "; ended threads make room, and so do idle ones, minutes after the node "
                        "that started them has gone";

} // namespace

std::string thread_places::refusal(const std::string& member) const {
  const auto own = held_.find(member);
  const auto count = own == held_.end() ? 0 : own->second;
  if (count >= limits_.per_member)
    return "node " + member + " has " + std::to_string(count) +
           " threads here, its share ([node] max_threads_per_member)" + remedy;
  if (size() < limits_.all)
    return {};
  constexpr std::size_t most_named = 5;
  std::vector<std::pair<std::size_t, std::string>> holders;
  for (const auto& [name, held] : held_)
    holders.emplace_back(held, name);
  std::ranges::sort(holders, std::greater{});
  std::string named;
  for (std::size_t i = 0; i < holders.size() && i < most_named; ++i)
    named += (i == 0 ? "" : ", ") + holders[i].second + ' ' + std::to_string(holders[i].first);
  return "too many threads of other nodes live here ([node] max_threads; most have: " + named +
         ")" + remedy;
}

void thread_places::take(const thread_id& thread, holder by, time now) {
  if (places_.contains(thread))
    return;
  ++held_[by.member];
  places_.emplace(thread, place{std::move(by), now});
}

void thread_places::touch(const thread_id& thread, time now) {
  if (const auto known = places_.find(thread); known != places_.end())
    known->second.last = now;
}

void thread_places::give_back(const thread_id& thread) {
  if (const auto known = places_.extract(thread))
    release(known.mapped().by.member);
}

std::vector<thread_id>
thread_places::forgotten(const std::function<bool(const std::string& life)>& is_linked, time now,
                         std::chrono::milliseconds patience) {
  std::map<std::string, bool> linked;
  std::vector<thread_id> result;
  for (auto& [thread, x] : places_) {
    const auto [known, is_new] = linked.try_emplace(x.by.life, false);
    if (is_new)
      known->second = is_linked(x.by.life);
    if (known->second)
      x.last = now;
    else if (now - x.last >= patience)
      result.push_back(thread);
  }
  return result;
}

bool thread_places::has_life(const std::string& life) const {
  return std::ranges::any_of(places_, [&life](const auto& x) { return x.second.by.life == life; });
}

void thread_places::release(const std::string& member) {
  const auto known = held_.find(member);
  if (known != held_.end() && --known->second == 0)
    held_.erase(known);
}

std::size_t thread_places::size() const {
  std::size_t result = 0;
  for (const auto& [name, held] : held_)
    result += held;
  return result;
}

} // namespace troupe::thread_door
