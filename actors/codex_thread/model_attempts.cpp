#include "actors/codex_thread/model_attempts.hpp"

#include "actors/codex_thread/turn_items.hpp"
#include "net/wire/backoff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

namespace troupe::codex_thread {

model_attempts::model_attempts(session_core& core, std::string connection)
  : core_(core), connection_(std::move(connection)) {}

void model_attempts::open(model_request request, std::chrono::milliseconds delay, effects& out) {
  used_credit_ = 0;
  stream_ = ++core_.last_stream;
  request.turn_state = turn_state_;
  request.origin.turn = connection_;
  used_websocket_ = used_websocket_ || request.origin.transport != model_transport::http;
  out.open = open_stream{
    .stream = stream_, .request = std::move(request), .delay = delay, .credit = stream_window};
}

bool model_attempts::take(const model_events& x) {
  if (!is_current(x.stream))
    return false;
  ++used_credit_;
  return true;
}

std::optional<std::chrono::milliseconds> model_attempts::retry(const model_error& x,
                                                               requested_delays delays,
                                                               const std::string& turn,
                                                               effects& out) {
  const auto limit = core_.config.stream_max_retries;
  if (retries_ >= limit)
    return std::nullopt;
  ++retries_;
  out.emit(turn, stream_error{.message = fmt::format("Reconnecting... {}/{}", retries_, limit),
                              .http_status = told_http_status(x),
                              .additional_details = x.message});
  if (x.retry_after && delays == requested_delays::honoured)
    return std::min(*x.retry_after, max_requested_delay);
  std::uniform_real_distribution<double> jitter{net::backoff_jitter_low, net::backoff_jitter_high};
  return net::backoff_delay(retries_, jitter(core_.jitter));
}

void model_attempts::keep_turn_state(std::string x) {
  if (turn_state_.empty()) // written once (contract responses-client.md 4.2)
    turn_state_ = std::move(x);
}

void model_attempts::end(effects& out) {
  if (std::exchange(used_websocket_, false))
    out.closed_connections.push_back({.thread = core_.id, .turn = connection_});
}

std::uint32_t model_attempts::take_credit_due() {
  if (stream_ == 0 || used_credit_ < stream_window / 2)
    return 0;
  return std::exchange(used_credit_, 0);
}

} // namespace troupe::codex_thread
