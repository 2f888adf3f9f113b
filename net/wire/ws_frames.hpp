#pragma once

#include "net/net_errc.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace troupe::net {

/// Kinds of WebSocket frames with their numbers on the wire (RFC 6455, section 5.2).
enum class ws_frame : std::uint8_t {
  continuation = 0x0,
  text = 0x1,
  binary = 0x2,
  close = 0x8,
  ping = 0x9,
  pong = 0xA,
};

constexpr bool is_control(ws_frame x) {
  return (static_cast<std::uint8_t>(x) & 0x8) != 0;
}

/// Of a control frame (RFC 6455, section 5.5).
inline constexpr std::size_t max_control_payload_bytes = 125;

using ws_mask = std::array<std::uint8_t, 4>;

/// What precedes the payload of a frame.
struct ws_frame_head {
  enum class position : bool { more_follow, last }; ///< among the frames of a message
  enum class coding : bool { plain, compressed };   ///< RSV1, on the first frame of a message

  ws_frame kind = ws_frame::text;
  position place = position::last;
  coding payload = coding::plain;
  std::optional<ws_mask> mask;
  std::uint64_t length = 0;

  bool operator==(const ws_frame_head&) const = default;
};

inline constexpr std::size_t max_frame_head_bytes = 14;

struct ws_head_result {
  std::optional<ws_frame_head> head; ///< none without error: more bytes are needed
  std::size_t used = 0;
  net_errc error = net_errc::none; ///< `ws_protocol`
};

/// Checks what a frame's head alone can get wrong: unknown kinds, reserved bits, control frames
/// that are long or in parts, lengths beyond 63 bits.
ws_head_result parse_frame_head(std::string_view bytes);

void append_frame_head(const ws_frame_head& x, std::string& out);

/// Masks or unmasks `bytes`, which begin `offset` bytes into the payload.
void apply_mask(std::span<char> bytes, const ws_mask& mask, std::uint64_t offset);

/// What a close frame says.
struct ws_close {
  std::uint16_t code = 1005; ///< RFC 6455, section 7.4.1; 1005: the frame had none
  std::string reason;

  bool operator==(const ws_close&) const = default;
};

/// Nothing for a payload of one byte, a code that must not be sent, or a reason that is not UTF-8.
std::optional<ws_close> parse_close(std::string_view payload);

/// Empty for code 1005. The reason is cut to what a control frame holds, between characters.
std::string close_payload(const ws_close& x);

} // namespace troupe::net
