#pragma once

#include "net/io_pool.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

namespace troupe::sim {

/// Something that waits for its time.
class paced {
public:
  paced() = default;
  paced(const paced&) = delete;
  paced& operator=(const paced&) = delete;
  virtual ~paced() = default;

  virtual void on_due() = 0;
};

/// Wakes thousands of paced streams with one timer per I/O thread: a timer for each wait of each
/// stream would be most of the simulator's work. Waits are rounded up to whole milliseconds, so
/// that streams which are due together are woken together.
///
/// Everything happens on I/O threads: `wake` is called on one and calls back on the same. Who is
/// gone by then is skipped; the few bytes that remember it stay until its time.
class pace_wheel : public std::enable_shared_from_this<pace_wheel> {
public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit pace_wheel(net::io_pool& pool);

  /// Calls `who->on_due()` once, at `when` or as soon as possible behind it, never inside this
  /// call.
  void wake(std::weak_ptr<paced> who, time_point when);

private:
  struct entry {
    time_point when;
    std::weak_ptr<paced> who;
  };

  struct slot {              // of one I/O thread
    std::vector<entry> heap; // the earliest in front
    time_point armed_for = time_point::max();
    net::timer_handle timer;
  };

  void arm(std::size_t lane);
  void on_timer(std::size_t lane);

  net::io_pool& pool_;
  std::vector<slot> slots_;
};

} // namespace troupe::sim
