#pragma once

#include "actors/common/bounded_queue.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace troupe::telemetry {

/// Spans or log records that wait to be sent. One batch is under way at a time; what comes
/// meanwhile waits, the newest `max_queued`. A batch that is not accepted is lost: a collector that
/// is down must cost neither memory nor time. Pure.
template <class T>
class outbox {
public:
  static constexpr std::size_t max_queued = 4096; ///< about 2 MB
  static constexpr std::size_t max_batch = 512;

  /// A full batch is sent at once, what is less when somebody asks for it.
  enum class urgency : std::uint8_t { full_batch, whatever_is_there };

  void add(std::vector<T> xs) {
    for (auto& x : xs)
      queue_.push(std::move(x));
  }

  /// What was lost on its way here.
  void count_lost(std::uint64_t n) { refused_ += n; }

  /// What to send now, which counts as begun; empty: nothing.
  std::vector<T> next(urgency how) {
    std::vector<T> result;
    if (under_way_ > 0 || (how == urgency::full_batch && queue_.size() < max_batch))
      return result;
    while (result.size() < max_batch && !queue_.is_empty())
      result.push_back(*queue_.pop());
    under_way_ = result.size();
    return result;
  }

  void on_accepted() { sent_ += std::exchange(under_way_, 0); }
  void on_refused() { refused_ += std::exchange(under_way_, 0); }

  bool is_empty() const { return queue_.is_empty(); }
  bool is_sending() const { return under_way_ > 0; }

  std::uint64_t sent() const { return sent_; }
  std::uint64_t lost() const { return refused_ + queue_.lost(); }

private:
  bounded_queue<T> queue_{max_queued, when_full::drop_oldest};
  std::size_t under_way_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t refused_ = 0;
};

} // namespace troupe::telemetry
