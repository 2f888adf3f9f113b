#pragma once

#include "net/limits.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace troupe::net {

class guardian;
class io_lane;

/// A pending call of `io_pool::after`. Cheap to copy; dropping it does not cancel.
class timer_handle {
public:
  struct control;

  timer_handle() = default;
  explicit timer_handle(std::shared_ptr<control> x) : control_(std::move(x)) {}

  /// From any thread. On the I/O thread the function will not be called any more; from elsewhere it
  /// may be running at this moment.
  void cancel() const;

private:
  std::shared_ptr<control> control_;
};

/// The threads of the network side. Each runs an event loop of its own (a lane), and each
/// conversation (call, connection, process, timer) lives on one lane from start to end: its
/// handlers never run at the same time as each other, and nothing in it needs a lock or a strand.
///
/// Owned by `main`, outlives every object made from it in the sense that those may be destroyed
/// later, but do nothing any more. Handlers run on I/O threads, must not block and must not throw.
class io_pool {
public:
  /// One thread serves some thousand streams; more than two only on large machines.
  /// `max_unfinished`: bytes that all connections together may hold of WebSocket messages and
  /// events whose end has not come; the one that asks for more ends with
  /// `net_errc::too_much_unfinished`. Throws `std::system_error` when the system refuses a thread.
  explicit io_pool(std::size_t threads = 1, std::size_t max_unfinished = max_unfinished_bytes);
  ~io_pool();
  io_pool(const io_pool&) = delete;
  io_pool& operator=(const io_pool&) = delete;

  /// Cancels every conversation, waits for their completions (at most `shutdown_limit`) and joins
  /// the threads. Everything handlers have captured is released when it returns. Not from an I/O
  /// thread.
  void stop();

  /// Runs `run` on an I/O thread, never inside this call. After `stop` it is dropped.
  void post(std::function<void()> run);

  /// Calls `run` once after `delay`; on the current lane when called on an I/O thread. After `stop`
  /// it is dropped.
  timer_handle after(std::chrono::milliseconds delay, std::function<void()> run);

  /// Has `x`, which outlives this pool, start children from now on. Before the first one.
  void use_guardian(const guardian& x) { keeper_ = &x; }

  /// For classes of this folder. Null: children are started from here.
  const guardian* keeper() const { return keeper_; }

  /// For classes of this folder. Fixed after construction.
  const std::vector<std::shared_ptr<io_lane>>& lanes() const { return lanes_; }

  /// Index of the current lane on an I/O thread, else the lanes in turn.
  std::size_t pick_lane() const;

private:
  struct state;

  std::vector<std::shared_ptr<io_lane>> lanes_;
  std::unique_ptr<state> state_;
  const guardian* keeper_ = nullptr;
};

} // namespace troupe::net
