#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace troupe::net {

/// How many bytes many connections may hold together for what peers have begun and not finished.
/// Shared by the connections of an `io_pool`; usable from any thread.
class byte_budget {
public:
  explicit byte_budget(std::size_t limit) : limit_(limit) {}

  std::size_t limit() const { return limit_; }
  std::size_t used() const { return used_.load(std::memory_order_relaxed); }

  /// False, and nothing taken: there are not as many left.
  [[nodiscard]] bool take(std::size_t bytes) {
    const auto before = used_.fetch_add(bytes, std::memory_order_relaxed);
    if (bytes <= limit_ && before <= limit_ - bytes)
      return true;
    give(bytes);
    return false;
  }

  void give(std::size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

private:
  std::size_t limit_;
  std::atomic<std::size_t> used_{0};
};

/// What a connection is told that asks for more than is left.
inline std::string unfinished_text(const byte_budget& x) {
  return "unfinished messages of all connections together may take " + std::to_string(x.limit()) +
         " bytes; try again";
}

/// One connection's part of a budget; given back with it. Without a budget everything is allowed.
class byte_share {
public:
  explicit byte_share(std::shared_ptr<byte_budget> budget = {}) : budget_(std::move(budget)) {}
  byte_share(byte_share&& x) noexcept
    : budget_(std::move(x.budget_)), held_(std::exchange(x.held_, 0)) {}
  byte_share& operator=(byte_share&& x) noexcept {
    std::swap(budget_, x.budget_);
    std::swap(held_, x.held_);
    return *this;
  }
  ~byte_share() { hold(0); }

  /// Makes the share `bytes` large. False, and nothing changed: the budget has not as many left.
  bool hold(std::size_t bytes) {
    if (!budget_ || bytes == held_)
      return true;
    if (bytes < held_)
      budget_->give(held_ - bytes);
    else if (!budget_->take(bytes - held_))
      return false;
    held_ = bytes;
    return true;
  }

private:
  std::shared_ptr<byte_budget> budget_;
  std::size_t held_ = 0;
};

/// The capacity to give a text of `capacity` that needs `needed` bytes: a quarter more rather than
/// twice as much, because what peers send in pieces may be large and many at once.
constexpr std::size_t grown_capacity(std::size_t capacity, std::size_t needed) {
  return needed <= capacity ? capacity : std::max(needed, capacity + capacity / 4);
}

/// Gives `text` exactly that capacity: `reserve` would double it.
inline void regrow(std::string& text, std::size_t capacity) {
  if (capacity <= text.capacity())
    return;
  std::string larger;
  larger.reserve(capacity);
  larger += text;
  text = std::move(larger);
}

} // namespace troupe::net
