#include "net/io_pool.hpp"

#include "net/io_lane.hpp"
#include "net/limits.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>
#include <utility>

namespace troupe::net {

namespace {

// One pending call of `after`. Owned by its wait operation.
class delayed_call : public conversation, public std::enable_shared_from_this<delayed_call> {
public:
  delayed_call(std::shared_ptr<io_lane> lane, std::function<void()> run)
    : lane_(std::move(lane)), run_(std::move(run)), timer_(lane_->context()) {}

  void start(std::chrono::milliseconds delay) {
    lane_->enrol(*this);
    timer_.expires_after(delay);
    timer_.async_wait([self = shared_from_this()](const boost::system::error_code&) {
      if (self->run_)
        std::exchange(self->run_, nullptr)();
    });
  }

  void abandon() override {
    run_ = nullptr;
    timer_.cancel();
  }

private:
  std::shared_ptr<io_lane> lane_;
  std::function<void()> run_;
  steady_timer timer_;
};

} // namespace

struct timer_handle::control {
  std::shared_ptr<io_lane> lane;
  std::weak_ptr<delayed_call> call; // locked on the lane only, where its timer may be destroyed
};

void timer_handle::cancel() const {
  if (!control_)
    return;
  control_->lane->dispatch([control = control_] {
    if (const auto call = control->call.lock())
      call->abandon();
  });
}

struct io_pool::state {
  std::atomic<std::size_t> turn{0};
  std::vector<std::thread> threads;
  std::vector<std::future<void>> ends;
};

io_pool::io_pool(std::size_t threads, std::size_t max_unfinished)
  : state_(std::make_unique<state>()) {
  const auto unfinished = std::make_shared<byte_budget>(max_unfinished);
  try {
    for (std::size_t i = 0; i < std::max<std::size_t>(threads, 1); ++i) {
      lanes_.push_back(std::make_shared<io_lane>(unfinished));
      std::packaged_task<void()> loop{[lane = lanes_.back()] { lane->run(); }};
      state_->ends.push_back(loop.get_future());
      state_->threads.emplace_back(std::move(loop));
    }
  } catch (...) { // no thread to be had: those that run end, and the caller hears of it
    stop();
    throw;
  }
}

io_pool::~io_pool() {
  stop();
}

void io_pool::stop() {
  for (const auto& lane : lanes_)
    lane->stop();
  const auto limit = std::chrono::steady_clock::now() + shutdown_limit;
  for (std::size_t i = 0; i < state_->threads.size(); ++i) {
    if (state_->ends[i].wait_until(limit) == std::future_status::timeout)
      lanes_[i]->give_up();
    state_->threads[i].join();
  }
  state_->threads.clear();
}

void io_pool::post(std::function<void()> run) {
  lanes_[pick_lane()]->post(std::move(run));
}

timer_handle io_pool::after(std::chrono::milliseconds delay, std::function<void()> run) {
  const auto& lane = lanes_[pick_lane()];
  auto call = std::make_shared<delayed_call>(lane, std::move(run));
  auto control = std::make_shared<timer_handle::control>(lane, call);
  // Moved, here and elsewhere: the last owner of a conversation must be on its lane.
  lane->dispatch([call = std::move(call), delay] { call->start(delay); });
  return timer_handle{std::move(control)};
}

std::size_t io_pool::pick_lane() const {
  const auto current =
    std::ranges::find_if(lanes_, [](const auto& lane) { return lane->is_current(); });
  if (current != lanes_.end())
    return static_cast<std::size_t>(current - lanes_.begin());
  return state_->turn.fetch_add(1, std::memory_order_relaxed) % lanes_.size();
}

} // namespace troupe::net
