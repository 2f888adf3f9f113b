#include "actors/model_client/rate_governor.hpp"

#include <algorithm>

namespace troupe::model_client {

rate_governor::rate_governor(governor_settings settings)
  : settings_(std::move(settings)), counts_streams_(settings_.total.streams > 0),
    total_(settings_.total) {
  for (const auto& [provider, limits] : settings_.per_provider) {
    per_provider_.emplace(provider, budgets{limits});
    counts_streams_ = counts_streams_ || limits.streams > 0;
  }
}

std::size_t rate_governor::lane_of(const std::string& provider, const std::string& model) {
  const bool is_full = lanes_.size() >= max_lanes && !model.empty();
  if (is_full && !lane_numbers_.contains(std::pair{provider, model}))
    return lane_of(provider, {});
  const auto [known, is_new] = lane_numbers_.try_emplace(std::pair{provider, model}, lanes_.size());
  if (is_new)
    lanes_.emplace_back().provider = &per_provider_[provider];
  return known->second;
}

const rate_lane* rate_governor::find_lane(const std::string& provider,
                                          const std::string& model) const {
  const auto known = lane_numbers_.find(std::pair{provider, model});
  return known == lane_numbers_.end() ? nullptr : &lanes_[known->second].rate;
}

rate_governor::time_point rate_governor::ready_at(lane_entry& lane, double tokens, time_point now) {
  auto result = lane.rate.ready_at(tokens, now);
  for (const auto* x : {&total_, lane.provider}) {
    if (!x->has_room())
      return time_point::max(); // the end of a stream is what is waited for
    result = std::max(result, x->requests.ready_at(1, now));
    result = std::max(result, x->tokens.ready_at(tokens, now));
  }
  return result;
}

rate_pass rate_governor::send(std::size_t number, const waiting_request& x, time_point now) {
  auto& lane = lanes_[number];
  const bool counts = counts_streams_ && open_.emplace(x.operation, number).second;
  for (auto* budget : {&total_, lane.provider}) {
    budget->requests.on_sent(1, now);
    budget->tokens.on_sent(x.tokens, now);
    budget->open += counts ? 1 : 0;
  }
  auto pass = lane.rate.on_sent(x.tokens, now);
  pass.lane = number;
  return pass;
}

std::optional<rate_pass> rate_governor::admit(const request& x, time_point now) {
  const auto number = lane_of(x.provider, x.model);
  auto& lane = lanes_[number];
  if (lane.turns.empty() && ready_at(lane, x.tokens, now) <= now)
    return send(number, {x.operation, x.tokens}, now);
  enqueue(x, number, position::last, now);
  return std::nullopt;
}

bool rate_governor::will_pass(const request& x, const rate_reading& refusal) const {
  const auto* lane = find_lane(x.provider, x.model);
  return refusal.requests || refusal.tokens || refusal.retry_after ||
         (lane != nullptr && lane->has_accepted());
}

void rate_governor::readmit(const request& x, time_point now) {
  enqueue(x, lane_of(x.provider, x.model), position::first, now);
}

void rate_governor::enqueue(const request& x, std::size_t number, position where, time_point now) {
  auto& lane = lanes_[number];
  auto& queue = lane.queues[x.thread];
  const waiting_request entry{x.operation, x.tokens};
  if (where == position::last) {
    if (queue.empty())
      lane.turns.push_back(x.thread);
    queue.push_back(entry);
  } else {
    if (!queue.empty())
      std::erase(lane.turns, x.thread);
    lane.turns.push_front(x.thread);
    queue.push_front(entry);
  }
  places_.insert_or_assign(x.operation, place{number, x.thread});
  lane.rate.set_busy(true, now);
  plan(now);
}

std::vector<rate_governor::released> rate_governor::release(time_point now) {
  std::vector<released> result;
  // One of each lane in turn: they share what their provider and the configuration allow.
  for (std::size_t idle = 0; idle < lanes_.size(); next_lane_ = (next_lane_ + 1) % lanes_.size())
    idle = release_one(next_lane_, now, result) ? 0 : idle + 1;
  plan(now);
  return result;
}

/// False: nothing of this lane may be sent now.
bool rate_governor::release_one(std::size_t number, time_point now, std::vector<released>& out) {
  auto& lane = lanes_[number];
  lane.rate.set_busy(!lane.turns.empty(), now);
  if (lane.turns.empty())
    return false;
  const auto thread = lane.turns.front();
  auto& queue = lane.queues[thread];
  const auto next = queue.front();
  if (ready_at(lane, next.tokens, now) > now)
    return false;
  out.push_back({next.operation, send(number, next, now)});
  places_.erase(next.operation);
  lane.turns.pop_front();
  queue.pop_front();
  if (queue.empty())
    lane.queues.erase(thread);
  else
    lane.turns.push_back(thread);
  return true;
}

void rate_governor::withdraw(operation x) {
  const auto found = places_.find(x);
  if (found == places_.end())
    return;
  auto& lane = lanes_[found->second.lane];
  const auto thread = found->second.thread;
  auto& queue = lane.queues[thread];
  std::erase_if(queue, [x](const waiting_request& entry) { return entry.operation == x; });
  if (queue.empty()) {
    lane.queues.erase(thread);
    std::erase(lane.turns, thread);
  }
  places_.erase(found);
}

void rate_governor::on_over(operation x, time_point now) {
  const auto ended = open_.extract(x);
  if (ended.empty())
    return;
  for (auto* budget : {&total_, lanes_[ended.mapped()].provider})
    --budget->open;
  plan(now);
}

void rate_governor::on_answer(const rate_pass& pass, int status, const rate_reading& reading,
                              time_point now) {
  auto& lane = lanes_[pass.lane];
  auto what = rate_lane::answer::other;
  if (status >= 200 && status <= 299)
    what = rate_lane::answer::accepted;
  else if (status == 429)
    what = rate_lane::answer::refused;
  lane.rate.on_answer(pass, what, reading, now);
  lane.rate.set_busy(!lane.turns.empty(), now);
  plan(now);
}

void rate_governor::plan(time_point now) {
  next_release_.reset();
  for (auto& lane : lanes_) {
    if (lane.turns.empty())
      continue;
    const auto tokens = lane.queues[lane.turns.front()].front().tokens;
    const auto at = ready_at(lane, tokens, now);
    if (at == time_point::max())
      continue;
    next_release_ = next_release_ ? std::min(*next_release_, at) : at;
  }
}

} // namespace troupe::model_client
