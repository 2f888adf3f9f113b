// What becomes of attempts, and the WebSocket connections: the second half of the stream desk.
#include "actors/model_client/http_errors.hpp"
#include "actors/model_client/pause_notice.hpp"
#include "actors/model_client/stream_desk_run.hpp"
#include "actors/model_client/stream_errors.hpp"

#include <algorithm>
#include <utility>

namespace troupe::model_client {

void stream_desk::on_over(operation number) {
  if (auto* call = calls_.find(number)) {
    if (call->attempt)
      on_attempt_over(number, *call);
    else if (call->exchange)
      on_exchange_over(number, *call);
    return;
  }
  drop_session(number);
}

void stream_desk::on_answer(operation number) {
  const auto* call = calls_.find(number);
  if (call == nullptr || !call->attempt || governor_ == nullptr)
    return;
  const auto& x = *call->attempt;
  governor_->on_answer(x.pass(), x.answer_status(), x.answer_reading(), clock::now());
}

void stream_desk::on_attempt_over(operation number, stream_state& call) {
  const auto& outcome = call.attempt->outcome();
  if (governor_ != nullptr)
    governor_->on_over(number, clock::now());
  if (context_.recorder && outcome.head.status != 0)
    record(call);
  if (call.attempt->is_completed())
    return end(number, {}); // has been told
  if (call.is_cancelled || outcome.error == net::net_errc::stopped)
    return end(number, cancelled_error());
  if (auto overdue = limit_error(outcome.error, response_limits_of(*call.provider)))
    return end(number, std::move(overdue));
  const auto url = url_of(*call.provider, call.login);
  if (wait_again(number, call,
                 {.status = outcome.head.status,
                  .url = url,
                  .headers = outcome.head.headers,
                  .body = outcome.body}))
    return;
  auto next =
    call.call.on_http_failed({.error = outcome.error, .status = outcome.head.status}, jitter());
  if (next.step != stream_call::step::end)
    call.attempt = nullptr;
  carry_out(number, std::move(next));
}

/// A refusal for now, while the governor knows better than the turn when to try again: the request
/// waits, and the turn does not notice.
bool stream_desk::wait_again(operation number, stream_state& call, const http_failure& x) {
  return x.status == 429 && passes_by_itself(x, context_.clock) &&
         wait_again(number, call, read_rate_headers(x.headers, context_.clock.now()));
}

bool stream_desk::wait_again(operation number, stream_state& call, const rate_reading& refusal) {
  if (governor_ == nullptr || call.refusals >= governor_->max_refusals() ||
      !governor_->will_pass(governed(number, call), refusal))
    return false;
  ++call.refusals;
  call.attempt = nullptr;
  call.exchange = nullptr;
  call.next = call.call.again().step;
  const auto waiting = governed(number, call);
  tell_pause(pauses_told_, waiting, refusal);
  governor_->readmit(waiting, clock::now());
  show_load();
  return true;
}

void stream_desk::report_attempt(operation number, stream_state& call) {
  const auto& outcome = call.attempt->outcome();
  if (call.attempt->has_begun())
    return end(number, call.attempt->failure());
  const auto url = url_of(*call.provider, call.login);
  if (outcome.head.status == 0)
    return end(number, map_transport(outcome.error, url, outcome.detail));
  auto failed = map_status({.status = outcome.head.status,
                            .url = url,
                            .headers = outcome.head.headers,
                            .body = outcome.body},
                           context_.clock, secrets(call));
  end(number, std::move(failed.error), std::move(failed.limits));
}

void stream_desk::on_exchange_over(operation number, stream_state& call) {
  const auto exchange = call.exchange;
  const auto connection = std::exchange(call.connection, 0);
  const auto used = sessions_.find(connection);
  if (used != sessions_.end())
    used->second.is_busy = false;
  if (governor_ != nullptr)
    governor_->on_over(number, clock::now());
  if (exchange->how == ws_exchange::result::completed) {
    settle(call, 200);
    if (used != sessions_.end()) {
      used->second.session->on_completed(std::move(exchange->response_id));
      deadlines_.set(connection, clock::now() + context_.limits.idle_connection);
      if (used->second.is_unwanted)
        close_sessions({connection});
    }
    return end(number, {});
  }
  drop_session(connection);
  if (exchange->how == ws_exchange::result::failed)
    return on_response_failed(number, call, *exchange);
  const auto& handshake = exchange->handshake;
  settle(call, handshake.head.status,
         read_rate_headers(handshake.head.headers, context_.clock.now()));
  if (call.is_cancelled || handshake.error == net::net_errc::stopped)
    return end(number, cancelled_error());
  if (wait_again(number, call,
                 {.status = handshake.head.status,
                  .url = url_of(*call.provider, call.login),
                  .headers = handshake.head.headers,
                  .body = handshake.body}))
    return;
  auto next = call.call.on_handshake_failed(handshake.head.status, call.connection_kind);
  if (next.step != stream_call::step::end)
    call.exchange = nullptr;
  carry_out(number, std::move(next));
}

/// On a connection that was open. A refusal has no status there, but it is one.
void stream_desk::on_response_failed(operation number, stream_state& call,
                                     const ws_exchange& exchange) {
  const auto& refusal = exchange.refusal;
  settle(call, refusal ? 429 : 200, refusal.value_or(rate_reading{}));
  if (call.is_cancelled)
    return end(number, cancelled_error());
  const bool is_untold = !exchange.has_told_output;
  if (refusal && is_untold && wait_again(number, call, *refusal))
    return;
  end(number, exchange.error);
}

void stream_desk::report_handshake(operation number, stream_state& call) {
  using net::net_errc;
  const auto& x = call.exchange->handshake;
  const auto url = url_of(*call.provider, call.login);
  if (x.head.status == 0 && (x.error == net_errc::closed_early || x.error == net_errc::ws_closed))
    return end(number, ws_error(ws_failure::closed_in_handshake, "during the handshake"));
  if (x.head.status == 0 || x.error != net_errc::ws_refused)
    return end(number, map_transport(x.error, url, x.detail));
  auto failed =
    map_status({.status = x.head.status, .url = url, .headers = x.head.headers, .body = x.body},
               context_.clock, secrets(call));
  end(number, std::move(failed.error), std::move(failed.limits));
}

/// Gives the pass of a WebSocket request back, or of one that was never sent.
void stream_desk::settle(stream_state& call, int status, const rate_reading& reading) {
  auto pass = std::exchange(call.pass, std::nullopt);
  if (pass && pass->settle(status, reading != rate_reading{}) && governor_ != nullptr)
    governor_->on_answer(*pass, status, reading, clock::now());
}

// ---- connections ------------------------------------------------------------------------------

void stream_desk::prepare(const prepare_connection& x, const config::provider& provider) {
  if (x.origin.transport == model_transport::http || context_.recorder || context_.replay ||
      preparations_.size() >= context_.limits.open_streams)
    return;
  if (login_source_ == stream_call::login_source::given)
    return open_prepared({x, &provider}, given_login_);
  const auto number = next_number();
  preparations_.emplace(number, preparation{x, &provider});
  hooks_.ask_login(number);
}

void stream_desk::open_prepared(const preparation& x, const login_snapshot& login) {
  const auto found = config::request_credential(*x.provider, context_.environment, login);
  const auto* credential = std::get_if<config::credential>(&found);
  if (credential == nullptr)
    return; // the turn will say so
  const auto number = open_session(
    x.request.thread, x.request.provider,
    handshake_request({.thread = x.request.thread, .origin = x.request.origin, .turn_state = {}},
                      *x.provider, login, *credential));
  deadlines_.set(number, clock::now() + context_.limits.idle_connection);
  close_sessions(connections_.prepare(x.request.thread, number));
}

void stream_desk::close(const close_connection& x) {
  close_sessions(connections_.close(x.thread, x.turn));
  if (x.turn.empty())
    std::erase_if(preparations_,
                  [&x](const auto& entry) { return entry.second.request.thread == x.thread; });
  if (x.reason == close_reason::fell_back_to_http && context_.observer != nullptr)
    context_.observer->on_fallback_to_http(x.thread);
}

net::ws_request stream_desk::handshake_request(const handshake_origin& x,
                                               const config::provider& provider,
                                               const login_snapshot& login,
                                               const config::credential& with) {
  net::ws_request result;
  result.url = url_of(provider, login);
  result.headers = handshake_headers(x, sources(provider, with));
  result.limits.connect = context_.limits.connect;
  result.limits.handshake = std::min(context_.limits.head, provider.stream_idle_timeout);
  result.limits.idle = provider.stream_idle_timeout;
  result.limits.stall = config::progress_timeout(provider);
  result.limits.response = provider.response_timeout;
  return result;
}

stream_desk::operation stream_desk::open_session(const thread_id& thread,
                                                 const std::string& provider,
                                                 net::ws_request request) {
  const auto number = next_number();
  auto session =
    ws_session::open(context_.http_of(provider), std::move(request), hooks_.when_over(number));
  sessions_.emplace(number, session_state{.thread = thread, .session = std::move(session)});
  return number;
}

/// The connection has ended, or is of no use any more.
void stream_desk::drop_session(operation number) {
  const auto ended = sessions_.extract(number);
  if (ended.empty())
    return;
  deadlines_.cancel(number);
  connections_.remove(ended.mapped().thread, number);
  ended.mapped().session->cancel();
}

void stream_desk::close_sessions(const std::vector<operation>& numbers) {
  for (const auto number : numbers) {
    const auto found = sessions_.find(number);
    if (found == sessions_.end())
      continue;
    found->second.is_unwanted = true;
    if (found->second.is_busy)
      continue;
    deadlines_.cancel(number);
    const auto session = found->second.session;
    connections_.remove(found->second.thread, number);
    sessions_.erase(found);
    session->close();
  }
}

} // namespace troupe::model_client
