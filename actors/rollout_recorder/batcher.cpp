#include "actors/rollout_recorder/batcher.hpp"

#include "actors/rollout_recorder/line_codec.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace troupe::rollout_recorder {

namespace {

std::size_t bytes_of(const append_lines& lines) {
  std::size_t sum = 0;
  for (const auto& line : lines)
    sum += line.payload_json.size() + line_overhead_bytes;
  return sum;
}

} // namespace

bool batcher::offer(append_lines lines, const batcher_limits& limits) {
  const auto bytes = bytes_of(lines);
  const bool fits = queued_.empty() || queued_bytes_ + bytes <= limits.max_bytes;
  if (!fits || queued_.size() + writing_ >= limits.max_appends)
    return false;
  queued_.push_back(std::move(lines));
  queued_bytes_ += bytes;
  return true;
}

std::vector<append_lines> batcher::take() {
  assert(is_ready());
  writing_ = queued_.size();
  queued_bytes_ = 0;
  return std::exchange(queued_, {});
}

batcher::answers batcher::succeed() {
  return {std::exchange(writing_, 0), 0};
}

batcher::answers batcher::fail(std::size_t written) {
  const auto total = std::exchange(writing_, 0) + queued_.size();
  const auto done = std::min(written, total);
  queued_.clear();
  queued_bytes_ = 0;
  return {done, total - done};
}

} // namespace troupe::rollout_recorder
