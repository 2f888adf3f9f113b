#pragma once

#include "net/http_client.hpp"
#include "net/net_errc.hpp"
#include "net/wire/ws_extensions.hpp"
#include "net/wire/ws_frames.hpp"
#include "net/ws_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::net {

/// Messages on their way to a socket: puts them into frames block by block, so that a long message
/// exists once, shared, and one block of it masked. An answer to a ping overtakes whole messages.
/// Pure but for the masks, which its owner makes.
class ws_writer {
public:
  using notice = std::function<void(net_errc)>;

  /// Must not be guessable (RFC 6455, section 10.3).
  using mask_source = std::function<ws_mask()>;

  /// `masks`: needed by a client, not used by a server.
  ws_writer(ws_role own_role, mask_source masks);

  /// Long messages that begin to be sent from now on are compressed.
  void compress(const ws_deflate& agreed);

  /// Queues a message or control frame; `on_sent` is due when `sent` follows the `fill` that gave
  /// its last byte.
  void add(ws_frame kind, std::vector<body_part> parts, notice on_sent = {});

  /// Queues an answer to a ping; one that still waits is replaced, as only the last need be
  /// answered (RFC 6455, section 5.5.3).
  void answer_ping(std::string_view payload);

  /// Appends what is to be sent next, until `block` has `ws_block_bytes` or nothing is left.
  void fill(std::string& block);

  /// What `fill` has given so far has been sent. Returns the notices due, in order.
  std::vector<notice> sent();

  /// Drops all that waits. Returns the notices that will not come true.
  std::vector<notice> clear();

  /// Bytes added and not yet sent, as far as known before compression.
  std::size_t unsent_bytes() const { return waiting_bytes_ + filled_bytes_; }

  /// The last `fill` gave a part of a message whose rest waits.
  bool is_inside_message() const { return current_.has_value(); }

  /// The last block held an answer to a ping and no message.
  bool only_answered_ping() const { return only_answered_ping_; }

private:
  struct message {
    ws_frame kind;
    std::vector<body_part> parts;
    std::size_t bytes = 0;
    notice on_sent;
  };

  struct progress {
    message rest;
    std::optional<ws_mask> mask;
    std::uint64_t offset = 0; // payload bytes given so far
    std::size_t part = 0;
    std::size_t in_part = 0;
  };

  void append_control(ws_frame kind, std::string_view payload, std::string& block);
  void begin_message(std::string& block);
  void append_payload(std::string& block);
  std::optional<ws_mask> new_mask() const;

  ws_role own_role_;
  mask_source masks_;
  std::optional<ws_deflate> compression_;
  std::optional<std::string> pong_;
  std::deque<message> waiting_;
  std::optional<progress> current_;
  std::vector<notice> due_;
  std::size_t waiting_bytes_ = 0;
  std::size_t filled_bytes_ = 0;
  bool only_answered_ping_ = false;
};

} // namespace troupe::net
