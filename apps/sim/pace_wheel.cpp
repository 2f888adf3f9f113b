#include "apps/sim/pace_wheel.hpp"

#include <algorithm>
#include <utility>

namespace troupe::sim {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto is_later = [](const auto& a, const auto& b) { return a.when > b.when; };

} // namespace

pace_wheel::pace_wheel(net::io_pool& pool) : pool_(pool), slots_(pool.lanes().size()) {}

void pace_wheel::wake(std::weak_ptr<paced> who, time_point when) {
  const auto lane = pool_.pick_lane();
  auto& heap = slots_[lane].heap;
  heap.push_back({std::chrono::ceil<milliseconds>(when), std::move(who)});
  std::ranges::push_heap(heap, is_later);
  arm(lane);
}

void pace_wheel::arm(std::size_t lane) {
  auto& x = slots_[lane];
  if (x.heap.empty() || x.heap.front().when >= x.armed_for)
    return;
  x.timer.cancel();
  x.armed_for = x.heap.front().when;
  const auto wait = std::chrono::ceil<milliseconds>(x.armed_for - steady_clock::now());
  x.timer = pool_.after(std::max(wait, milliseconds{0}), [weak = weak_from_this(), lane] {
    if (const auto self = weak.lock())
      self->on_timer(lane);
  });
}

void pace_wheel::on_timer(std::size_t lane) {
  auto& x = slots_[lane];
  x.armed_for = time_point::max();
  const auto now = steady_clock::now();
  // Taken out first: those who are woken wait again, and a wait of no time would come round at
  // once.
  std::vector<std::weak_ptr<paced>> due;
  while (!x.heap.empty() && x.heap.front().when <= now) {
    std::ranges::pop_heap(x.heap, is_later);
    due.push_back(std::move(x.heap.back().who));
    x.heap.pop_back();
  }
  for (const auto& weak : due)
    if (const auto who = weak.lock())
      who->on_due();
  arm(lane);
}

} // namespace troupe::sim
