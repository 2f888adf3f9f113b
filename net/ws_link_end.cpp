// The second half of a WebSocket's end: what handles do, and how it comes to an end.
#include "net/limits.hpp"
#include "net/ws_link.hpp"

#include <algorithm>
#include <utility>

namespace troupe::net {

using boost::system::error_code;
using clock_type = std::chrono::steady_clock;

// ---- the handle's operations --------------------------------------------------------------------

void ws_link::send(ws_frame kind, std::vector<body_part> parts, ws_handle::notice on_sent) {
  if (step_ != step::opening && step_ != step::open) {
    if (on_sent)
      on_sent(net_errc::closed_early);
    return;
  }
  clock_.expect_answer(clock_type::now());
  arm_timer();
  writer_.add(kind, std::move(parts), std::move(on_sent));
  flush();
  if (writer_.unsent_bytes() <= transport_.max_unsent_bytes || step_ == step::closed)
    return;
  if (in_handler_)
    wish_ = wish::give_up;
  else
    fail(net_errc::write_failed, "the peer reads too slowly");
}

void ws_link::ping(std::string payload) {
  if (step_ != step::opening && step_ != step::open)
    return;
  payload.resize(std::min(payload.size(), max_control_payload_bytes));
  writer_.add(ws_frame::ping, {std::make_shared<const std::string>(std::move(payload))});
  flush();
}

void ws_link::close(const ws_close& with) {
  if (step_ == step::opening && settings_.role == ws_role::client)
    return cancel();
  if (step_ == step::opening)
    farewell_ = with;
  if (step_ != step::open)
    return;
  step_ = step::closing;
  since_ = clock_type::now();
  writer_.add(ws_frame::close, {std::make_shared<const std::string>(close_payload(with))});
  arm_timer();
  flush();
  if (std::exchange(is_parked_, false)) { // the held message is dropped, the answer is read
    held_ = {};
    control_->lane->post([self = shared_from_this()] { self->advance(); });
  }
}

void ws_link::cancel() {
  if (in_handler_)
    wish_ = wish::cancel;
  else if (step_ == step::opening && cancel_opening_)
    std::exchange(cancel_opening_, nullptr)();
  else if (step_ == step::opening || is_receiving())
    fail(net_errc::cancelled);
}

void ws_link::cut(ws_handle::cut_mode mode) {
  const bool resets = mode == ws_handle::cut_mode::reset;
  if (in_handler_) {
    wish_ = resets ? wish::cut_reset : wish::cut_close;
  } else if (step_ == step::opening) {
    cancel();
  } else if (is_receiving() && resets) {
    transport_.link->reset();
    fail(net_errc::cancelled);
  } else if (is_receiving()) {
    part(net_errc::cancelled, std::nullopt);
  }
}

void ws_link::resume() {
  if (!std::exchange(is_parked_, false) || step_ != step::open)
    return;
  clock_.resume(clock_type::now());
  arm_timer();
  if (deliver())
    advance();
}

void ws_link::rest() {
  clock_.rest();
}

void ws_link::abandon() {
  if (step_ == step::parting)
    disconnect();
  else
    cancel();
}

// ---- ends ---------------------------------------------------------------------------------------

void ws_link::fail(net_errc error, std::string detail) {
  if (step_ == step::closed)
    return;
  const auto alive = shared_from_this(); // `disconnect` may release the last owner
  disconnect();
  tell(writer_.clear(), error == net_errc::none ? net_errc::closed_early : error);
  complete(error, std::move(detail));
}

// Reports the end, and lets the connection end politely: what must still be said is sent, then our
// direction is closed, then the peer has a moment to close its own. A connection closed with unread
// input would be reset, and the reset could overtake the farewell.
void ws_link::part(net_errc error, std::optional<ws_close> farewell, std::string detail) {
  if (farewell && writer_.is_inside_message())
    return fail(error, std::move(detail)); // nothing can be said in the middle of a frame
  const auto alive = shared_from_this();
  step_ = step::parting;
  since_ = clock_type::now();
  reader_.reset(); // what it holds is others' to have
  ends_when_sent_ = true;
  arm_timer();
  if (farewell) {
    tell(writer_.clear(), error);
    writer_.add(ws_frame::close, {std::make_shared<const std::string>(close_payload(*farewell))});
  }
  complete(error, std::move(detail));
  flush();
}

void ws_link::complete(net_errc error, std::string detail) {
  outcome_.error = error;
  outcome_.detail = std::move(detail);
  const auto handlers = std::exchange(handlers_, {});
  wish_ = wish::none;
  call(handlers.on_done, std::move(outcome_));
}

void ws_link::end_connection() {
  if (std::exchange(has_ended_, true))
    return;
  error_code ignored;
  transport_.link->socket().shutdown(asio::socket_base::shutdown_send, ignored);
  transport_.input->consume(transport_.input->unread().size());
  read();
}

void ws_link::disconnect() {
  if (step_ == step::closed)
    return;
  const auto alive = shared_from_this();
  step_ = step::closed;
  is_parked_ = false;
  reader_.reset();
  timer_.cancel();
  control_->unsent_bytes.store(0, std::memory_order_relaxed);
  if (const auto run = std::exchange(cancel_opening_, nullptr))
    run();
  if (transport_.link != nullptr) // stays until its operations have completed
    transport_.link->close();
  if (is_linked())
    unlink();
  if (const auto run = std::exchange(transport_.on_closed, nullptr))
    run();
  self_.reset();
}

// ---- time ---------------------------------------------------------------------------------------

steady_time ws_link::deadline() const {
  switch (step_) {
  case step::open: return clock_.deadline();
  case step::closing:
  case step::parting: return since_ + drain_limit;
  case step::opening: // the handshake's own
  case step::closed: return steady_time::max();
  }
  return steady_time::max(); // unreachable; keeps GCC content
}

void ws_link::arm_timer() {
  if (const auto when = deadline(); when != steady_time::max())
    timer_.arm(shared_from_this(), when);
}

void ws_link::read_mark() {
  clock_.advance(steady_time{clock_type::duration{control_->advanced_at.load()}});
}

void ws_link::on_timer() {
  if (step_ == step::closed)
    return;
  const auto now = clock_type::now();
  read_mark();
  if (now < deadline())
    return arm_timer();
  if (step_ == step::parting)
    disconnect();
  else if (step_ == step::closing)
    fail(net_errc::none, "the peer did not answer the close frame");
  else
    on_quiet(now);
}

void ws_link::on_quiet(steady_time now) {
  switch (clock_.at(now)) {
  case ws_clock::verdict::wait: return arm_timer();
  case ws_clock::verdict::ask:
    clock_.on_asked(now);
    ping({});
    return arm_timer();
  case ws_clock::verdict::idle: return fail(net_errc::idle_timeout);
  case ws_clock::verdict::stalled: return fail(net_errc::no_progress);
  case ws_clock::verdict::overdue: return fail(net_errc::timed_out_total);
  case ws_clock::verdict::silent: return fail(net_errc::idle_timeout, "the peer answers no pings");
  }
}

} // namespace troupe::net
