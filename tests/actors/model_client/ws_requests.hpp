#pragma once

#include "tests/actors/model_client/model_client_fixture.hpp"
#include "tests/actors/model_client/ws_peer.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Requests over WebSockets, and scripts of the peer that answers them.
namespace troupe::testing {

inline constexpr auto v1 = model_transport::websocket_v1;
inline constexpr auto v2 = model_transport::websocket_v2;

/// Answers every request with a completed response.
inline ws_connection_script good(const std::string& id = "resp_1") {
  return {.replies = {{.texts = {ws_completed(id)}}}};
}

inline ws_connection_script refusing(int status, std::string body = {}) {
  return {.status = status, .body = std::move(body)};
}

inline ws_connection_script ending_with(ws_reply::ending how) {
  return {.replies = {{.texts = {}, .end = how}}};
}

inline shared_text item(const std::string& text) {
  return shared_text{R"({"type":"message","n":")" + text + R"("})"};
}

inline open_stream ws_stream(stream_number number, model_transport transport,
                             std::vector<shared_text> input = {item("a")},
                             std::string turn = "turn") {
  auto x = model_client_fixture::stream(number);
  x.request.origin.transport = transport;
  x.request.origin.turn = std::move(turn);
  x.request.input = std::move(input);
  return x;
}

inline std::string header(const net::server_request& x, std::string_view name) {
  return std::string{x.headers.find(name).value_or("")};
}

/// For those who take to HTTP.
inline std::string sse_reply() {
  return created_event() + message_event("over http") + completed_event();
}

} // namespace troupe::testing
