#include "actors/model_client/stream_call.hpp"

#include "actors/model_client/stream_errors.hpp"

#include <utility>

namespace troupe::model_client {

namespace {

stream_call::action end_with(model_error error) {
  return {.step = stream_call::step::end, .error = std::move(error)};
}

/// Not of the stream, but retryable like one (contract 8.2: `Io`): the text is the whole message.
model_error io_error(std::string text) {
  return {.code = model_errc::stream,
          .message = std::move(text),
          .retry_after = std::nullopt,
          .http_status = std::nullopt};
}

} // namespace

stream_call::action stream_call::start() {
  if (plan_.login == login_source::asked)
    return {.step = step::ask_login};
  return {.step = way(), .delay = plan_.delay};
}

stream_call::action stream_call::on_login(const login_snapshot& x) {
  if (!x.problem.empty())
    return end_with(io_error(x.problem));
  if (!recovery_)
    recovery_.emplace(x);
  login_ = x;
  return {.step = way(), .delay = std::exchange(plan_.delay, std::chrono::milliseconds{0})};
}

stream_call::action stream_call::on_login_unavailable() {
  return end_with(io_error("the login could not be read; trying again may help"));
}

stream_call::action stream_call::on_repair(const login_recovery& x) {
  recovery_->on(x);
  switch (x.outcome) {
  case recovery_outcome::reloaded:
  case recovery_outcome::renewed:
    login_ = x.login;
    failed_attempts_ = 0;
    return {.step = way()};
  case recovery_outcome::failed: return end_with(io_error(x.message));
  case recovery_outcome::refused: {
    auto error = io_error(x.message);
    error.code = model_errc::unauthorized;
    return end_with(std::move(error));
  }
  }
  return {};
}

std::optional<stream_call::action> stream_call::repair() {
  if (!recovery_ || !login_ || !recovery_->has_next(*login_))
    return std::nullopt;
  return action{.step = step::repair_login, .repair = recovery_->next(*login_)};
}

stream_call::action stream_call::on_http_failed(const attempt_outcome& x, double jitter) {
  if (x.status == 401)
    if (auto way_out = repair())
      return std::move(*way_out);
  ++failed_attempts_;
  const auto delay = next_attempt_delay(x, failed_attempts_, plan_.max_retries, jitter);
  if (!delay)
    return {};
  return {.step = step::send_over_http, .delay = *delay};
}

stream_call::action stream_call::on_handshake_failed(int status, connection which) {
  if (which == connection::prepared_ahead)
    return {.step = step::send_over_websocket};
  if (status == 426) {
    plan_.transport = model_transport::http;
    return {.step = step::send_over_http, .websocket_was_refused = true};
  }
  if (status == 401)
    if (auto way_out = repair())
      return std::move(*way_out);
  return {};
}

} // namespace troupe::model_client
