#include "net/blocking_pool.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
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

  void stop() {
    open.reset();
    for (auto& thread : std::exchange(threads, {}))
      thread.join();
  }
};

blocking_pool::blocking_pool(std::size_t threads) : state_(std::make_unique<state>()) {
  try {
    for (std::size_t i = 0; i < std::max<std::size_t>(threads, 1); ++i)
      state_->threads.emplace_back([this]() noexcept { state_->tasks.run(); });
  } catch (...) { // no thread to be had: those that run end, and the caller hears of it
    state_->stop();
    throw;
  }
}

blocking_pool::~blocking_pool() {
  stop();
}

void blocking_pool::post(std::function<void()> run) {
  boost::asio::post(state_->tasks, std::move(run));
}

void blocking_pool::stop() {
  state_->stop();
}

} // namespace troupe::net
