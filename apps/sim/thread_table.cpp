#include "apps/sim/thread_table.hpp"

#include <utility>

namespace troupe::sim {

thread_table::entry& thread_table::entry_of(std::uint64_t thread) {
  if (const auto known = young_.find(thread); known != young_.end())
    return known->second;
  entry carried;
  if (const auto known = old_.find(thread); known != old_.end()) {
    carried = known->second;
    old_.erase(known);
  }
  if (young_.size() >= max_young_) {
    old_ = std::move(young_);
    young_.clear();
  }
  return young_.emplace(thread, carried).first->second;
}

request_place thread_table::enter(std::uint64_t thread, const request_size& size) {
  auto& x = entry_of(thread);
  const bool repeats = x.requests > 0 && x.last.items == size.items && x.last.bytes == size.bytes;
  ++x.requests;
  x.attempts = repeats ? x.attempts + 1 : 1;
  // A repeated request has not been answered, so nothing of it is in the provider's cache.
  if (!repeats) {
    x.previous_input_tokens = x.last.input_tokens;
    x.last = size;
  }
  return {x.requests, x.attempts, x.previous_input_tokens};
}

} // namespace troupe::sim
