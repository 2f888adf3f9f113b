#include "net/http_client.hpp"

#include "net/http_call.hpp"
#include "net/http_pool.hpp"
#include "net/io_lane.hpp"
#include "net/io_pool.hpp"
#include "net/ws_opening.hpp"

#include <optional>
#include <utility>

namespace troupe::net {

namespace {

using control_ptr = std::shared_ptr<call_handle::control>;

template <class Action>
void on_lane_of(const control_ptr& control, Action action) {
  if (control)
    control->lane->dispatch([control, action] {
      if (const auto call = control->call.lock())
        action(*call);
    });
}

// Hands the exchange over to its lane. Posted even on the lane itself, so that no completion comes
// inside the function that starts it.
struct call_starter {
  std::shared_ptr<http_call> call;
  void operator()() { std::exchange(call, nullptr)->start(); }
};

} // namespace

void call_handle::cancel() const {
  on_lane_of(control_, [](http_call& x) { x.cancel(); });
}

void call_handle::finish_early() const {
  on_lane_of(control_, [](http_call& x) { x.finish_early(); });
}

void call_handle::grant(std::uint64_t chunks) const {
  if (control_ && control_->window.grant(chunks) == credit::reader_state::parked)
    on_lane_of(control_, [](http_call& x) { x.resume(); });
}

void call_handle::progress() const {
  if (control_)
    control_->progress_at.store(std::chrono::steady_clock::now().time_since_epoch().count(),
                                std::memory_order_relaxed);
}

void call_handle::advance() const {
  if (control_)
    control_->advanced_at.store(std::chrono::steady_clock::now().time_since_epoch().count(),
                                std::memory_order_relaxed);
}

struct http_client::state {
  io_pool& threads;
  std::vector<std::shared_ptr<http_pool>> pools; // one per lane

  ws_handle open(ws_request request, ws_handlers handlers) {
    const auto& pool = pools[threads.pick_lane()];
    auto control = std::make_shared<ws_handle::control>(pool->lane(), request.credit);
    const ws_link::settings settings{
      .role = ws_role::client,
      .idle = request.limits.idle,
      .stall = request.limits.stall,
      .response = request.limits.response,
      .sizes = {request.limits.max_frame_bytes, request.limits.max_message_bytes}};
    ws_opening begin{pool, std::make_shared<ws_link>(control, settings, std::move(handlers)),
                     std::move(request)};
    control->link = begin.link;
    if (!pool->lane()->post(std::move(begin))) // then nothing has been moved
      begin.link->refuse({.error = net_errc::stopped});
    return ws_handle{std::move(control)};
  }

  call_handle start(http_call::task task) {
    const auto& pool = pools[threads.pick_lane()];
    auto control = std::make_shared<call_handle::control>(pool->lane(), task.request.credit);
    call_starter begin{std::make_shared<http_call>(pool, control, std::move(task))};
    control->call = begin.call;
    if (!pool->lane()->post(std::move(begin))) // then nothing has been moved
      begin.call->refuse(net_errc::stopped);
    return call_handle{std::move(control)};
  }
};

http_client::http_client(io_pool& pool, http_client_options options)
  : state_(std::make_unique<state>(pool)) {
  const auto gate = std::make_shared<exchange_gate>(options.max_exchanges_per_origin,
                                                    options.max_waiting_per_origin);
  for (const auto& lane : pool.lanes())
    state_->pools.push_back(std::make_shared<http_pool>(lane, options, gate));
}

http_client::~http_client() {
  for (auto& pool : state_->pools) {
    const auto lane = pool->lane();
    lane->dispatch([pool = std::move(pool)] { pool->abandon(); });
  }
}

call_handle http_client::start(http_request request, http_handlers handlers) {
  return state_->start({std::move(request), std::move(handlers), std::nullopt});
}

call_handle http_client::fetch(http_request request, std::size_t max_body_bytes,
                               std::function<void(call_outcome)> on_done) {
  return state_->start({std::move(request),
                        {.on_head = {}, .on_chunk = {}, .on_done = std::move(on_done)},
                        max_body_bytes});
}

const std::shared_ptr<byte_budget>& http_client::unfinished_bytes() const {
  return state_->pools.front()->lane()->unfinished();
}

ws_handle http_client::open_websocket(ws_request request, ws_handlers handlers) {
  return state_->open(std::move(request), std::move(handlers));
}

} // namespace troupe::net
