#pragma once

#include "net/net_errc.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace troupe::net {

/// The payload of one message for permessage-deflate: `parts` compressed together, quickly rather
/// than well, without reference to other messages. `window_bits`: 9 to 15.
std::string deflated(std::span<const std::string_view> parts, int window_bits);

/// Decompresses the messages of one peer, in order. Each may arrive in pieces.
class ws_inflater {
public:
  enum class context : bool { per_message, kept };

  explicit ws_inflater(context between_messages);
  ~ws_inflater();
  ws_inflater(ws_inflater&&) noexcept;
  ws_inflater& operator=(ws_inflater&&) noexcept;

  /// Appends what `piece` expands to. `too_large`: `out` would exceed `max_bytes`; `ws_protocol`:
  /// not a deflate stream.
  net_errc add(std::string_view piece, std::size_t max_bytes, std::string& out);

  /// The message's last piece has been added.
  net_errc finish(std::size_t max_bytes, std::string& out);

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace troupe::net
