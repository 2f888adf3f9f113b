#pragma once

#include "net/net_errc.hpp"
#include "net/wire/byte_budget.hpp"
#include "net/wire/ws_extensions.hpp"
#include "net/wire/ws_frames.hpp"
#include "net/ws_deflate.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace troupe::net {

/// Which end of a WebSocket is ours. Clients mask what they send, servers do not.
enum class ws_role : bool { client, server };

/// Turns the bytes of a peer into frames and messages: unmasks, puts fragments together,
/// decompresses, checks UTF-8 and the rules of RFC 6455. Pure.
/// Bounded: a frame over `max_frame_bytes` is refused when its head has come, a message over
/// `max_message_bytes` when it grows beyond. What is kept of messages counts against the budget.
class ws_reader {
public:
  struct limits {
    std::size_t max_frame_bytes;
    std::size_t max_message_bytes;
  };

  /// `budget`: null for none.
  ws_reader(ws_role own_role, limits x, std::optional<ws_deflate> compression,
            std::shared_ptr<byte_budget> budget = {});

  struct progress {
    std::size_t used = 0;
    std::optional<ws_frame> frame; ///< a frame is complete

    /// With a complete message its kind and text; with a control frame its payload. The view points
    /// into the input or into this reader and is valid until either changes.
    std::optional<ws_frame> message; ///< text, binary, close, ping or pong
    std::string_view payload;

    /// `ws_protocol`, `too_large`, `too_much_unfinished` or `bad_utf8`; the end.
    net_errc error = net_errc::none;
  };

  /// Consumes input up to the end of one frame; what is left is to be presented again, with more
  /// behind it when nothing was consumed. Unmasks in place.
  progress feed(std::span<char> input);

private:
  progress begin_frame(std::span<char> input);
  net_errc check(const ws_frame_head& head) const;
  progress take_payload(std::span<char> input, std::size_t head_bytes);
  net_errc keep(std::span<char> piece);
  net_errc inflate(std::string_view piece);
  bool make_room(std::size_t bytes);
  void complete_frame(progress& result);
  void complete_message(progress& result, std::string_view payload);

  ws_role own_role_;
  limits limits_;
  std::optional<ws_inflater> inflater_;

  std::optional<ws_frame_head> frame_; // whose payload is being read
  std::uint64_t missing_bytes_ = 0;    // of it
  std::optional<ws_frame> message_;    // begun and not complete: text or binary
  bool is_compressed_ = false;         // the message
  std::string message_text_;
  byte_share share_; // as large as that text's capacity
  std::string control_text_;
};

} // namespace troupe::net
