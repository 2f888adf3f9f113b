#include "actors/model_client/ws_session_run.hpp"

#include "actors/model_client/event_reports.hpp"
#include "actors/model_client/ws_refusal.hpp"
#include "config/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace troupe::model_client {

namespace {

/// Code and reason of a close frame.
std::string words_of(const std::optional<net::ws_close>& x) {
  if (!x)
    return {};
  return x->reason.empty() ? fmt::format("{}", x->code) : fmt::format("{}: {}", x->code, x->reason);
}

/// Why an open connection failed a request (contract 10.6).
model_error failure_of(const net::ws_outcome& x, const response_limits& limits) {
  using net::net_errc;
  if (auto error = limit_error(x.error, limits))
    return std::move(*error);
  const auto text = x.detail.empty() ? std::string{net::to_text(x.error)} : x.detail;
  switch (x.error) {
  case net_errc::ws_closed: return ws_error(ws_failure::closed_by_peer, words_of(x.closed));
  case net_errc::closed_early: return ws_error(ws_failure::ended);
  case net_errc::write_failed: return ws_error(ws_failure::send_failed, text);
  case net_errc::ws_ping_failed: return ws_error(ws_failure::ping_failed);
  case net_errc::ws_binary: return ws_error(ws_failure::binary_message);
  case net_errc::idle_timeout: return ws_error(ws_failure::idle);
  default: return ws_error(ws_failure::socket_error, text);
  }
}

std::chrono::microseconds since(std::chrono::steady_clock::time_point x) {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                               x);
}

} // namespace

void ws_exchange::end(const std::optional<token_usage>& usage) const {
  if (watched.observer != nullptr) {
    attempt_end x{.usage = usage};
    if (handshake.head.status != 0)
      x.status = handshake.head.status;
    if (how == result::not_connected)
      x.error = net::to_text(handshake.error);
    else if (error)
      x.error = to_text(error->code);
    watched.tell_over(x);
  }
  on_over();
}

std::shared_ptr<ws_session> ws_session::open(net::http_client& client, net::ws_request request,
                                             std::function<void()> on_closed) {
  const response_limits limits{.progress = request.limits.stall,
                               .response = request.limits.response};
  auto self = std::make_shared<ws_session>(limits, std::move(on_closed));
  request.credit = 0;
  net::ws_handlers handlers;
  handlers.on_open = [self](const net::response_head& head) { self->on_open(head); };
  handlers.on_text = [self](std::string_view message) { self->on_text(message); };
  handlers.on_done = [self](net::ws_outcome outcome) { self->on_done(std::move(outcome)); };
  self->socket_ = client.open_websocket(std::move(request), std::move(handlers));
  return self;
}

ws_session::~ws_session() {
  delete waiting_.load();
}

void ws_session::send(const model_request& request, std::uint64_t granted,
                      std::shared_ptr<ws_exchange> exchange) {
  const auto& sent = *exchange;
  const bool is_watched = sent.watched.observer != nullptr;
  auto message = conversation_.next_message(request);
  delete waiting_.exchange(new std::shared_ptr<ws_exchange>{std::move(exchange)});
  if (is_over_.load()) {
    // Either this thread or the I/O thread finds it in there.
    const std::unique_ptr<std::shared_ptr<ws_exchange>> back{waiting_.exchange(nullptr)};
    if (!back)
      return;
    auto& refused = **back;
    if (is_open_) {
      refused.how = ws_exchange::result::failed;
      refused.error = ws_error(ws_failure::closed_before);
    } else { // nobody has noticed yet that the handshake failed
      refused.how = ws_exchange::result::not_connected;
      refused.handshake = handshake_;
    }
    refused.end();
    return;
  }
  net::ws_handle::notice notice;
  if (is_watched)
    notice = [self = shared_from_this()](net::net_errc error) { self->on_sent(error); };
  socket_.send(std::move(message), std::move(notice));
  // What an earlier consumer granted and did not use is there still.
  const auto left = credit_.load();
  if (const auto wanted = static_cast<std::int64_t>(granted); wanted > left)
    grant(static_cast<std::uint64_t>(wanted - left));
}

void ws_session::grant(std::uint64_t messages) {
  credit_.fetch_add(static_cast<std::int64_t>(messages));
  socket_.grant(messages);
}

void ws_session::on_open(const net::response_head& head) {
  is_open_ = true;
  if (const auto etag = head.headers.find_readable("x-models-etag"))
    facts_.models_etag = std::string{*etag};
  facts_.reasoning_included = head.headers.contains("x-reasoning-included");
  turn_state_ = head.headers.find_readable("x-codex-turn-state").value_or("");
  take_waiting();
}

/// Takes an exchange over from the actor.
bool ws_session::take_waiting() {
  const std::unique_ptr<std::shared_ptr<ws_exchange>> next{waiting_.exchange(nullptr)};
  if (!next)
    return false;
  current_ = std::move(*next);
  begin();
  return true;
}

void ws_session::begin() {
  reader_.emplace();
  waiting_since_ = clock::now();
  if (!is_open_)
    return;
  std::vector<model_event> events;
  facts_.append_events(events);
  if (!turn_state_.empty())
    events.emplace_back(turn_state_seen{std::exchange(turn_state_, {})});
  if (!events.empty())
    current_->audience->tell(std::move(events));
}

void ws_session::on_sent(net::net_errc error) {
  take_waiting();
  if (!current_ || current_->watched.observer == nullptr)
    return;
  send_report x{.duration = since(waiting_since_)};
  if (error != net::net_errc::none)
    x.error = net::to_text(error);
  waiting_since_ = clock::now();
  current_->watched.observer->on_ws_request(current_->watched.call, x);
}

void ws_session::on_text(std::string_view message) {
  credit_.fetch_sub(1);
  take_waiting();
  if (!current_) {
    grant(1); // nobody waits for it
    return;
  }
  std::vector<model_event> events;
  const auto before = reader_->own_events();
  const auto unreadable_before = reader_->unreadable_events();
  reader_->read(message, events);
  if (reader_->own_events() > before)
    socket_.advance();
  if (reader_->unreadable_events() > unreadable_before)
    log::debug("a message of a model's WebSocket cannot be read and is left out");
  note(message, events);
  if (current_->watched.observer != nullptr)
    report(message);
  if (events.empty())
    grant(1); // the consumer's credit counts messages, and this one made none
  else
    current_->audience->tell(std::move(events));
  if (reader_->is_completed()) {
    socket_.rest();
    finish(ws_exchange::result::completed);
  } else if (reader_->error()) {
    // The connection is dropped before the error is told, so that a repetition opens another one.
    is_over_ = true;
    socket_.cancel();
    current_->error = reader_->error();
    finish(ws_exchange::result::failed);
  }
}

/// What decides whether the request may be sent again when it fails.
void ws_session::note(std::string_view message, const std::vector<model_event>& events) {
  if (events.empty()) {
    if (auto refusal = read_ws_refusal(message, current_->sent_at))
      current_->refusal = std::move(refusal);
    return;
  }
  // Figures and the mere beginning of a response may come twice.
  current_->has_told_output =
    current_->has_told_output || std::ranges::any_of(events, [](const model_event& x) {
      return !std::holds_alternative<stream_created>(x) &&
             !std::holds_alternative<rate_limits_seen>(x);
    });
}

void ws_session::on_done(net::ws_outcome outcome) {
  if (!is_open_)
    handshake_ = outcome; // for a request that is on its way
  is_over_ = true;
  take_waiting();
  if (current_) {
    if (is_open_) {
      current_->error = failure_of(outcome, limits_);
      report_failure(current_->error->message);
      finish(ws_exchange::result::failed);
    } else {
      current_->handshake = std::move(outcome);
      finish(ws_exchange::result::not_connected);
    }
  }
  std::exchange(on_closed_, nullptr)();
}

void ws_session::finish(ws_exchange::result how) {
  const auto ended = std::exchange(current_, nullptr);
  ended->how = how;
  const bool is_completed = how == ws_exchange::result::completed;
  if (is_completed)
    ended->response_id = reader_->response_id();
  // The actor first: who is told of the end may ask for the next response at once, and that has to
  // find this connection at rest.
  const auto audience = ended->audience;
  ended->end(is_completed ? reader_->usage() : std::nullopt);
  if (is_completed)
    audience->tell_end({});
}

void ws_session::report(std::string_view message) {
  auto& to = current_->watched;
  auto x = report_of_message(message);
  x.duration = since(waiting_since_);
  waiting_since_ = clock::now();
  to.observer->on_ws_event(to.call, x);
  if (const auto timings = read_server_timings(message))
    to.observer->on_server_timings(to.call, *timings);
  if (reader_->is_completed())
    to.observer->on_completed(to.call, reader_->usage());
}

void ws_session::report_failure(std::string_view error) {
  auto& to = current_->watched;
  if (to.observer == nullptr)
    return;
  to.observer->on_ws_event(
    to.call,
    {.kind = "unknown", .is_success = false, .error = error, .duration = since(waiting_since_)});
}

} // namespace troupe::model_client
