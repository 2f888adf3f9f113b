#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace troupe::net {

/// What both ends have agreed on for permessage-deflate (RFC 7692, section 7.1). Inflating always
/// uses the largest window, and compressors here forget everything after each message, so of the
/// four parameters two matter.
struct ws_deflate {
  int window_bits = 15; ///< of our compressor, 8 to 15

  /// The peer's messages may refer to earlier ones: then the inflater keeps its window (32 KiB).
  enum class context : bool { per_message, kept } peer = context::kept;

  bool operator==(const ws_deflate&) const = default;
};

/// A client's `Sec-WebSocket-Extensions` (contract responses-client, section 10.2).
inline constexpr std::string_view ws_deflate_offer = "permessage-deflate; client_max_window_bits";

/// How a client understands the server's answer to `ws_deflate_offer`; nothing for an answer that
/// was not asked for or is malformed, which must fail the handshake.
std::optional<ws_deflate> read_deflate_answer(std::string_view header_value);

/// What a server makes of a client's offers.
struct ws_deflate_acceptance {
  ws_deflate agreed;
  std::string answer; ///< value of the answer's `Sec-WebSocket-Extensions`
};

/// The first offer of permessage-deflate that can be kept, if there is one.
std::optional<ws_deflate_acceptance> accept_deflate_offer(std::string_view header_value);

} // namespace troupe::net
