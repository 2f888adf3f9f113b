#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace troupe::telemetry {

/// What many threads leave for one: without a lock, so that nobody who sends or receives a request
/// waits for telemetry. Bounded: what does not fit is lost and counted.
template <class T>
class inbox {
public:
  static constexpr std::size_t max_waiting = 4096;

  /// What the one who puts something in has to do next.
  enum class next_step : std::uint8_t {
    none,
    wake_taker ///< this is the first since the last `take_all`
  };

  inbox() = default;
  inbox(const inbox&) = delete;
  inbox& operator=(const inbox&) = delete;
  ~inbox() { take_all(); }

  /// Any thread.
  next_step put(T x) {
    if (waiting_.fetch_add(1) >= max_waiting) {
      waiting_.fetch_sub(1);
      lost_.fetch_add(1);
      return next_step::none;
    }
    auto* added = new node{std::move(x), nullptr};
    auto* before = last_.load();
    do
      added->before = before;
    while (!last_.compare_exchange_weak(before, added));
    return before == nullptr ? next_step::wake_taker : next_step::none;
  }

  /// In the order of arrival. Everything at once: who puts something in only ever compares the last
  /// node, so it does not matter whether that address has been another node's meanwhile.
  std::vector<T> take_all() {
    std::vector<T> result;
    for (auto* next = last_.exchange(nullptr); next != nullptr;) {
      const std::unique_ptr<node> taken{std::exchange(next, next->before)};
      result.push_back(std::move(taken->value));
    }
    waiting_.fetch_sub(result.size());
    std::ranges::reverse(result);
    return result;
  }

  /// How many were lost since the last call.
  std::uint64_t take_lost() { return lost_.exchange(0); }

private:
  struct node {
    T value;
    node* before;
  };

  std::atomic<node*> last_{nullptr};
  std::atomic<std::size_t> waiting_{0};
  std::atomic<std::uint64_t> lost_{0};
};

} // namespace troupe::telemetry
