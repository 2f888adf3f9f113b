#include "actors/telemetry/open_traces.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace troupe::telemetry {

namespace {

template <std::size_t N>
std::array<std::uint8_t, N> drawn_id(std::mt19937_64& random) {
  std::array<std::uint8_t, N> result{};
  for (std::size_t i = 0; i < N; i += 8) {
    auto bits = random() | 1; // ids of nothing but zeros are invalid
    for (std::size_t k = 0; k < 8; ++k, bits >>= 8)
      result[i + k] = static_cast<std::uint8_t>(bits);
  }
  return result;
}

} // namespace

open_traces::context open_traces::turn(const thread_id& thread, std::string_view turn) {
  const std::lock_guard guard{mutex_};
  return turn_context(thread, turn);
}

open_traces::context open_traces::tool(const thread_id& thread, std::string_view turn,
                                       std::string_view call) {
  const std::lock_guard guard{mutex_};
  auto result = draw_below(turn_context(thread, turn));
  auto* known = find(thread, turn);
  if (known == nullptr)
    return result;
  if (const auto same = known->tools.find(call); same != known->tools.end())
    result.span = same->second;
  else if (known->tools.size() < max_tools)
    known->tools.emplace(call, result.span);
  return result;
}

open_traces::context open_traces::part_of(const thread_id& thread, std::string_view turn) {
  const std::lock_guard guard{mutex_};
  return turn.empty() ? draw() : draw_below(turn_context(thread, turn));
}

open_traces::context open_traces::below(const context& parent) {
  const std::lock_guard guard{mutex_};
  return draw_below(parent);
}

void open_traces::end_turn(const thread_id& thread, std::string_view turn) {
  const std::lock_guard guard{mutex_};
  const auto known = threads_.find(thread);
  if (known == threads_.end())
    return;
  std::erase_if(known->second, [turn](const open_turn& x) { return x.id == turn; });
  if (known->second.empty())
    threads_.erase(known);
}

void open_traces::end_thread(const thread_id& thread) {
  const std::lock_guard guard{mutex_};
  threads_.erase(thread);
}

open_traces::context open_traces::draw() {
  context result;
  result.trace = drawn_id<16>(random_);
  result.span = drawn_id<8>(random_);
  return result;
}

open_traces::context open_traces::draw_below(const context& parent) {
  return {.trace = parent.trace, .span = drawn_id<8>(random_), .parent = parent.span};
}

open_traces::open_turn* open_traces::find(const thread_id& thread, std::string_view turn) {
  const auto known = threads_.find(thread);
  if (known == threads_.end())
    return nullptr;
  const auto found =
    std::ranges::find_if(known->second, [turn](const open_turn& x) { return x.id == turn; });
  return found == known->second.end() ? nullptr : &*found;
}

open_traces::context open_traces::turn_context(const thread_id& thread, std::string_view turn) {
  if (const auto* known = find(thread, turn))
    return known->context;
  const auto result = draw();
  if (threads_.size() >= max_threads && !threads_.contains(thread))
    return result;
  auto& turns = threads_[thread];
  if (turns.size() >= max_turns)
    turns.pop_front();
  turns.push_back({.id = std::string{turn}, .context = result, .tools = {}});
  return result;
}

} // namespace troupe::telemetry
