#include "actors/codex_thread/turn_items.hpp"
#include "actors/codex_thread/turn_machine.hpp"

#include <utility>

/// What a turn does when a model request fails (contract responses-client.md 9.2 and 9.4).
namespace troupe::codex_thread {

namespace {

/// What the model reads where an image was that its provider refused.
constexpr std::string_view refused_image = "Invalid image";

} // namespace

void turn_machine::on_stream_ended(const stream_ended& x, effects& out) {
  if (compaction_) {
    compaction_->on_stream_ended(x, out);
    return after_compaction_step(out);
  }
  if (!attempts_.is_current(x.stream))
    return;
  if (x.limits) {
    core_.tokens.merge(*x.limits);
    tell_tokens(core_, id_, out);
  }
  on_failure(x.error ? *x.error : closed_early(), out);
}

void turn_machine::on_open_failed(const model_error& x, effects& out) {
  if (compaction_) {
    compaction_->on_open_failed(x, out);
    return after_compaction_step(out);
  }
  if (attempts_.stream() != 0)
    on_failure(x, out);
}

void turn_machine::on_failure(const model_error& x, effects& out) {
  attempts_.close();
  abandon_calls(out);
  if (x.code == model_errc::invalid_image_request)
    return replace_images_or_fail(out);
  if (x.code == model_errc::context_window_exceeded)
    mark_window_full(core_, id_, out);
  if (may_retry(x.code))
    return retry_or_fail(x, out);
  fail(to_turn_error(x), out);
}

void turn_machine::retry_or_fail(const model_error& x, effects& out) {
  if (const auto delay = attempts_.retry(x, requested_delays::honoured, id_, out))
    return start_attempt(*delay, out);
  if (core_.config.origin.transport != model_transport::http)
    return fall_back_to_http(x, out);
  fail(to_turn_error(x), out);
}

void turn_machine::fall_back_to_http(const model_error& x, effects& out) {
  out.emit(id_, warning{"Falling back from WebSockets to HTTPS transport. " + x.message});
  give_up_websocket(core_);
  out.closed_connections.push_back(
    {.thread = core_.id, .turn = {}, .reason = close_reason::fell_back_to_http});
  attempts_.renew_budget();
  start_attempt(std::chrono::milliseconds{0}, out);
}

void turn_machine::replace_images_or_fail(effects& out) {
  if (core_.history.replace_last_images(refused_image))
    return next_request(out);
  fail({.message = "Invalid image in your last message. Take it out and try again.",
        .info = error_class::bad_request,
        .http_status = {}},
       out);
}

void turn_machine::fail(turn_error error, effects& out) {
  out.emit(id_, std::move(error));
  last_message_.reset();
  finish(out);
}

} // namespace troupe::codex_thread
