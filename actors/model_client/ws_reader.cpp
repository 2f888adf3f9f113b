#include "actors/model_client/ws_reader.hpp"

#include "actors/model_client/stream_errors.hpp"

#include <string>
#include <variant>

namespace troupe::model_client {

void ws_reader::read(std::string_view message, std::vector<model_event>& out) {
  reader_.read(message, out);
  if (!reader_.is_completed() || out.empty())
    return;
  if (const auto* x = std::get_if<response_completed>(&out.back()))
    completed_ = *x;
}

namespace {

model_error closed_error(std::string text, std::string_view detail) {
  if (!detail.empty())
    text += " (" + std::string{detail} + ")";
  return stream_error(text);
}

} // namespace

model_error ws_error(ws_failure how, std::string_view detail) {
  switch (how) {
  case ws_failure::binary_message: return stream_error("unexpected binary websocket event");
  case ws_failure::ping_failed: return stream_error("websocket ping failed");
  case ws_failure::closed_by_peer:
    return closed_error("websocket closed by server before response.completed", detail);
  case ws_failure::socket_error: return stream_error(detail);
  case ws_failure::ended: return stream_error("stream closed before response.completed");
  case ws_failure::idle: return stream_error("idle timeout waiting for websocket");
  case ws_failure::send_failed:
    return stream_error("failed to send websocket request: " + std::string{detail});
  case ws_failure::closed_before: return stream_error("websocket connection is closed");
  case ws_failure::closed_in_handshake: return closed_error("websocket closed", detail);
  }
  return stream_error(detail);
}

void handshake_facts::append_events(std::vector<model_event>& out) const {
  if (models_etag)
    out.emplace_back(models_etag_seen{*models_etag});
  if (reasoning_included)
    out.emplace_back(server_reasoning_included{true});
}

} // namespace troupe::model_client
