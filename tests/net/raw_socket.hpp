#pragma once

// WebSocket ends made by hand, for tests that decide about every frame.

#include "net/wire/ws_frames.hpp"
#include "net/ws_handshake.hpp"
#include "tests/net/raw_peer.hpp"

#include <string>
#include <string_view>

namespace troupe::net::test {

/// The value of a header in a raw head.
inline std::string header_in(std::string_view head, std::string_view name) {
  const auto at = head.find(std::string{name} + ": ");
  if (at == std::string_view::npos)
    return {};
  const auto from = at + name.size() + 2;
  return std::string{head.substr(from, head.find("\r\n", from) - from)};
}

/// What a server answers to the handshake in `request`; `more` are further header lines.
inline std::string switching_protocols(std::string_view request, std::string_view more = {}) {
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: " +
         ws_accept_value(header_in(request, "Sec-WebSocket-Key")) + "\r\n" + std::string{more} +
         "\r\n";
}

constexpr std::string_view raw_handshake =
  "GET /socket HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// A whole frame of a server, or with a mask of a client.
inline std::string raw_frame(ws_frame kind, std::string payload, std::optional<ws_mask> mask = {}) {
  std::string text;
  append_frame_head({.kind = kind, .mask = mask, .length = payload.size()}, text);
  if (mask)
    apply_mask(payload, *mask, 0);
  return text + payload;
}

struct raw_message {
  ws_frame kind = ws_frame::close;
  std::string payload;
  bool is_masked = false;
};

/// Reads one frame; an empty close when the connection ends.
inline raw_message read_frame(raw_connection& peer) {
  std::string head;
  for (;;) {
    const auto parsed = parse_frame_head(head);
    if (parsed.head) {
      auto payload = peer.read_bytes(parsed.head->length);
      if (parsed.head->mask)
        apply_mask(payload, *parsed.head->mask, 0);
      return {parsed.head->kind, std::move(payload), parsed.head->mask.has_value()};
    }
    const auto byte = peer.read_bytes(1);
    if (byte.empty())
      return {};
    head += byte;
  }
}

} // namespace troupe::net::test
