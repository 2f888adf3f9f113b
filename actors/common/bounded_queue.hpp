#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

namespace troupe {

/// What a full queue does with one element more.
enum class when_full : std::uint8_t {
  refuse,     ///< the new one is not taken: its sender hears of it
  drop_oldest ///< the oldest one makes room: the newest state counts
};

/// A queue that cannot outgrow its limit. Drop policy and limit are fixed at construction; what was
/// lost is counted.
template <class T>
class bounded_queue {
public:
  enum class outcome : std::uint8_t { taken, refused, dropped_oldest };

  /// A limit of 0 takes nothing.
  explicit bounded_queue(std::size_t limit, when_full policy = when_full::refuse)
    : limit_(limit), policy_(policy) {}

  outcome push(T x) {
    if (items_.size() < limit_) {
      items_.push_back(std::move(x));
      return outcome::taken;
    }
    ++lost_;
    if (policy_ == when_full::refuse || limit_ == 0)
      return outcome::refused;
    items_.pop_front();
    items_.push_back(std::move(x));
    return outcome::dropped_oldest;
  }

  /// The oldest element; none when the queue is empty.
  std::optional<T> pop() {
    if (items_.empty())
      return std::nullopt;
    std::optional<T> result{std::move(items_.front())};
    items_.pop_front();
    return result;
  }

  void clear() { items_.clear(); }

  bool is_empty() const { return items_.empty(); }
  bool is_full() const { return items_.size() >= limit_; }
  std::size_t size() const { return items_.size(); }
  std::size_t limit() const { return limit_; }

  /// How many elements were refused or dropped so far.
  std::uint64_t lost() const { return lost_; }

private:
  std::deque<T> items_;
  std::size_t limit_;
  when_full policy_;
  std::uint64_t lost_ = 0;
};

} // namespace troupe
