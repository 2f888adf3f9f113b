#include "net/blocking_pool.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <algorithm>
#include <utility>

namespace troupe::net {

struct blocking_pool::state {
  explicit state(std::size_t threads) : pool(threads) {}
  boost::asio::thread_pool pool;
};

blocking_pool::blocking_pool(std::size_t threads)
  : state_(std::make_unique<state>(std::max<std::size_t>(threads, 1))) {}

blocking_pool::~blocking_pool() {
  stop();
}

void blocking_pool::post(std::function<void()> run) {
  boost::asio::post(state_->pool, std::move(run));
}

void blocking_pool::stop() {
  state_->pool.join();
}

} // namespace troupe::net
