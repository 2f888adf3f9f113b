#include "apps/sim/ws_session.hpp"

#include "apps/sim/stream_player.hpp"
#include "messages/json/writer.hpp"

#include <algorithm>
#include <utility>

namespace troupe::sim {

namespace {

/// An endless answer pauses while its client has this much still to read.
constexpr std::size_t max_unsent_bytes = 1024 * 1024;

std::string error_event(const ws_memory::problem& x) {
  std::string result;
  json_writer json{result};
  json.begin_object().member("type", "error").member("status", std::int64_t{400});
  json.key("error").begin_object();
  json.member("code", x.code).member("message", x.message);
  json.end_object().end_object();
  return result;
}

} // namespace

ws_session::ws_session(dependencies deps, simulated_service::websocket_terms terms)
  : deps_(std::move(deps)), terms_(std::move(terms)), memory_(terms_.version) {
  count(*deps_.open);
}

ws_session::~ws_session() {
  if (is_answering_)
    deps_.streams->leave();
  deps_.open->fetch_sub(1, std::memory_order_relaxed);
}

void ws_session::start(const net::responder& to) {
  if (terms_.delay.count() <= 0)
    return accept(to);
  waiting_ = to;
  to.on_disconnect([self = shared_from_this()] { self->waiting_.reset(); });
  wait_until(clock::now() + terms_.delay);
}

void ws_session::accept(const net::responder& to) {
  net::ws_handlers handlers;
  // A binary message ends the socket: no client of this API sends one.
  handlers.on_text = [self = shared_from_this()](std::string_view text) { self->on_message(text); };
  handlers.on_done = [self = shared_from_this()](const net::ws_outcome&) { self->finish(); };
  net::header_list headers;
  for (const auto& [name, value] : terms_.headers)
    headers.set(name, value);
  socket_ = to.accept_websocket(std::move(handlers), std::move(headers));
}

void ws_session::on_message(std::string_view text) {
  if (is_answering_)
    return socket_.close({1008, "one request at a time"});
  const auto service = deps_.service.lock();
  if (!service)
    return;
  const auto body = memory_.whole_body(text);
  if (const auto* problem = std::get_if<ws_memory::problem>(&body))
    return refuse(*problem);
  const auto& whole = std::get<std::string>(body);
  auto exchange = service->on_message(whole, terms_, clock::now());
  deps_.on_answered(whole, exchange);
  perform(script_of(exchange.what, {std::move(exchange.subscription), terms_.wants_timing,
                                    std::move(exchange.broken), exchange.from}),
          std::move(exchange.response_id));
}

void ws_session::refuse(const ws_memory::problem& x) {
  socket_.send(error_event(x));
  socket_.close({1008, std::string{x.code}});
}

void ws_session::perform(ws_script script, std::string response_id) {
  script_ = std::move(script);
  response_id_ = std::move(response_id);
  next_step_ = 0;
  is_answering_ = true;
  deps_.streams->enter();
  due_ = clock::now();
  if (!script_.steps.empty())
    due_ += script_.steps.front().wait;
  go_on();
}

void ws_session::go_on() {
  const auto now = clock::now();
  while (next_step_ < script_.steps.size() && due_ <= now) {
    do_step(script_.steps[next_step_]);
    if (++next_step_ < script_.steps.size())
      due_ += script_.steps[next_step_].wait;
  }
  if (next_step_ < script_.steps.size())
    wait_until(due_);
  else
    end();
}

void ws_session::do_step(const ws_script::step& x) {
  switch (x.what) {
  case ws_script::kind::text: return socket_.send(x.payload);
  case ws_script::kind::binary: return socket_.send_binary(x.payload);
  case ws_script::kind::ping: return socket_.ping(x.payload);
  case ws_script::kind::close: return socket_.close({x.close_code, x.payload});
  }
}

void ws_session::end() {
  switch (script_.end) {
  case answer::ending::finish:
    if (script_.is_completed)
      memory_.answered(std::move(response_id_));
    return finish();
  case answer::ending::cut: return socket_.cut(net::ws_handle::cut_mode::close);
  case answer::ending::reset: return socket_.cut(net::ws_handle::cut_mode::reset);
  case answer::ending::hang: return; // the socket stays until the client leaves
  case answer::ending::repeat: return repeat();
  }
}

void ws_session::finish() {
  if (!std::exchange(is_answering_, false))
    return;
  deps_.streams->leave();
  script_ = {};
}

void ws_session::repeat() {
  if (script_.steps.empty())
    return;
  if (socket_.unsent_bytes() < max_unsent_bytes)
    do_step(script_.steps.back());
  // Never without a pause: the answer would take the thread for itself.
  wait_until(clock::now() + std::max(script_.repeat_interval, std::chrono::microseconds{1000}));
}

void ws_session::wait_until(clock::time_point when) {
  deps_.wheel->wake(weak_from_this(), when);
}

void ws_session::on_due() {
  if (waiting_)
    return accept(*std::exchange(waiting_, std::nullopt));
  if (!is_answering_)
    return;
  if (next_step_ < script_.steps.size())
    go_on();
  else
    repeat();
}

} // namespace troupe::sim
