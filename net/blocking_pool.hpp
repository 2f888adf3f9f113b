#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

namespace troupe::net {

/// Threads for work that blocks: files, `fsync`, directory walks. Not for waiting: a task that
/// waits for another one of the same pool may wait forever, unless the pool grows.
class blocking_pool {
public:
  /// A pool that grows looks this often whether it gets on.
  static constexpr std::chrono::milliseconds stall_limit{500};

  /// Where all threads hang (a disk that does not answer) while tasks wait, another one begins, up
  /// to `most`. Throws `std::system_error` when the system refuses one of the first threads.
  explicit blocking_pool(std::size_t threads = 2, std::size_t most = 0);
  ~blocking_pool();
  blocking_pool(const blocking_pool&) = delete;
  blocking_pool& operator=(const blocking_pool&) = delete;

  /// Runs `run` on one of the threads, in no order relative to other tasks. It must not throw.
  /// After `stop` it is dropped.
  void post(std::function<void()> run);

  /// Runs everything that was posted, then joins the threads.
  void stop();

  /// Likewise, of a program that ends: false when a task hangs for so long. It is left to itself,
  /// with its thread, and with it whatever was posted and has not begun.
  bool stop_within(std::chrono::milliseconds limit);

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace troupe::net
