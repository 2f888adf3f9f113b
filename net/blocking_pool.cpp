#include "net/blocking_pool.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace troupe::net {

// Not Asio's thread_pool: its constructor waits for ever when the second thread is refused.
struct blocking_pool::state {
  boost::asio::io_context tasks;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> open{
    tasks.get_executor()};
  std::vector<std::thread> threads;
  std::atomic<std::uint64_t> posted = 0;
  std::atomic<std::uint64_t> begun = 0;
  std::mutex mutex;
  std::condition_variable is_over;
  std::size_t living = 0; ///< threads; with `mutex`
  std::jthread helper;    ///< of a pool that grows; looks after the others, and adds to them

  void add_thread() {
    const std::lock_guard counting{mutex};
    threads.emplace_back([this]() noexcept {
      tasks.run();
      const std::lock_guard lock{mutex}; // also while it tells so: who waits takes all of it away
      --living;
      is_over.notify_all();
    });
    ++living;
  }

  void help(const std::stop_token& stopped, std::size_t most) {
    std::mutex mutex;
    std::condition_variable_any wake;
    auto before = begun.load();
    while (threads.size() < most) {
      std::unique_lock lock{mutex};
      wake.wait_for(lock, stopped, stall_limit, [] { return false; });
      if (stopped.stop_requested())
        return;
      const auto now = begun.load();
      const auto is_stalled = now == before && posted.load() > now;
      before = now;
      if (is_stalled)
        try {
          add_thread();
        } catch (const std::system_error&) { // perhaps later
        }
    }
  }

  void close() {
    if (helper.joinable()) {
      helper.request_stop();
      helper.join();
    }
    open.reset();
  }

  bool is_over_within(std::chrono::milliseconds limit) {
    std::unique_lock lock{mutex};
    return is_over.wait_for(lock, limit, [this] { return living == 0; });
  }

  void stop() {
    close();
    for (auto& thread : std::exchange(threads, {}))
      thread.join();
  }
};

blocking_pool::blocking_pool(std::size_t threads, std::size_t most)
  : state_(std::make_unique<state>()) {
  try {
    for (std::size_t i = 0; i < std::max<std::size_t>(threads, 1); ++i)
      state_->add_thread();
    if (most > threads)
      state_->helper =
        std::jthread{[this, most](const std::stop_token& stopped) { state_->help(stopped, most); }};
  } catch (...) { // no thread to be had: those that run end, and the caller hears of it
    state_->stop();
    throw;
  }
}

blocking_pool::~blocking_pool() {
  stop();
}

void blocking_pool::post(std::function<void()> run) {
  if (!state_)
    return;
  state_->posted.fetch_add(1);
  boost::asio::post(state_->tasks, [x = state_.get(), run = std::move(run)] {
    x->begun.fetch_add(1);
    run();
  });
}

void blocking_pool::stop() {
  if (state_)
    state_->stop();
}

bool blocking_pool::stop_within(std::chrono::milliseconds limit) {
  if (!state_)
    return true;
  state_->close();
  if (state_->is_over_within(limit)) {
    state_->stop();
    return true;
  }
  state_->tasks.stop();
  static std::mutex mutex;
  static auto* const left = new std::vector<std::unique_ptr<state>>; // used by what hangs, later
  const std::lock_guard lock{mutex};
  left->push_back(std::move(state_));
  return false;
}

} // namespace troupe::net
