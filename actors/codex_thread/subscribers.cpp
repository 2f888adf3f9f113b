#include "actors/codex_thread/subscribers.hpp"

#include <algorithm>
#include <utility>

namespace troupe::codex_thread {

bool is_delta(const event_msg& x) {
  return std::holds_alternative<agent_message_delta>(x) ||
         std::holds_alternative<reasoning_delta>(x) ||
         std::holds_alternative<reasoning_raw_delta>(x) ||
         std::holds_alternative<exec_output_delta>(x);
}

subscribers::entry* subscribers::find(std::uint64_t id) {
  auto it = std::find_if(entries_.begin(), entries_.end(), [id](auto& x) { return x.id == id; });
  return it == entries_.end() ? nullptr : &*it;
}

void subscribers::add(std::uint64_t id, std::uint32_t credit, deltas wish) {
  auto* known = find(id);
  if (!known)
    known = &entries_.emplace_back();
  known->id = id;
  known->credit += credit;
  known->wish = wish;
}

void subscribers::remove(std::uint64_t id) {
  std::erase_if(entries_, [id](const entry& x) { return x.id == id; });
}

void subscribers::grant(std::uint64_t id, std::uint32_t credit) {
  if (auto* known = find(id))
    known->credit += credit;
}

bool subscribers::anyone_takes_deltas() const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [](const entry& x) { return x.wish == deltas::take; });
}

void subscribers::publish(const std::string& turn, event_msg msg) {
  const auto number = ++last_number_;
  const bool delta = is_delta(msg);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    auto& to = entries_[i];
    if (delta && to.wish == deltas::skip)
      continue;
    if (to.queue.size() >= max_queued_events) {
      if (to.first_lost == 0)
        to.first_lost = to.queue.front().number;
      to.last_lost = to.queue.front().number;
      to.queue.pop_front();
    }
    const bool last = i + 1 == entries_.size();
    to.queue.push_back({number, turn, last ? std::move(msg) : msg});
  }
}

std::vector<delivery> subscribers::take() {
  std::vector<delivery> result;
  for (auto& from : entries_) {
    if (from.queue.empty() || from.credit == 0)
      continue;
    auto& out = result.emplace_back();
    out.subscriber = from.id;
    if (from.first_lost != 0) {
      out.gap = events_lagged{.thread = {}, .first = from.first_lost, .last = from.last_lost};
      from.first_lost = from.last_lost = 0;
    }
    const auto count = std::min<std::uint64_t>(from.credit, from.queue.size());
    out.events.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) {
      out.events.push_back(std::move(from.queue.front()));
      from.queue.pop_front();
    }
    from.credit -= count;
    if (from.queue.empty())
      from.queue.shrink_to_fit(); // idle threads keep nothing they do not need
  }
  return result;
}

} // namespace troupe::codex_thread
