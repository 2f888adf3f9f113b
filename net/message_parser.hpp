#pragma once

#include "net/net_errc.hpp"
#include "net/wire/headers.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace troupe::net {

/// What precedes a body, of either direction.
struct message_head {
  int status = 0;     ///< of a response
  std::string method; ///< of a request
  std::string target; ///< of a request
  int version = 11;   ///< 10 or 11
  header_list headers;
};

/// Reads one HTTP/1.x message from buffers that its caller owns: first the head, then the body with
/// its transfer coding removed (chunked, length, or up to the end of the connection). Interim
/// responses (1xx) are skipped.
class message_parser {
public:
  enum class kind {
    request,
    response,
    response_without_body ///< the answer to a HEAD request
  };

  struct progress {
    std::size_t used = 0;  ///< input bytes that are done with
    std::string_view body; ///< body bytes found, moved together in the input
    net_errc error = net_errc::none;
  };

  explicit message_parser(kind x);
  ~message_parser();
  message_parser(message_parser&&) noexcept;
  message_parser& operator=(message_parser&&) noexcept;

  /// Consumes the head and nothing of the body. `too_large`: more than `max_head_bytes`.
  progress parse_head(std::span<char> input);

  /// To be called when the head is done. Stops at the end of the message. `used` may be smaller
  /// than the input: the rest is to be presented again with more behind it.
  progress parse_body(std::span<char> input);

  /// The connection has ended: `none` when that is the regular end of the message.
  net_errc end_of_input();

  bool head_is_done() const;
  bool is_done() const;

  /// Whether the connection may carry another message; valid when the head is done.
  bool keeps_alive() const;

  /// Announced body length; valid when the head is done; none for a chunked or endless body.
  std::optional<std::uint64_t> content_length() const;

  /// Valid when the head is done; may be moved from.
  message_head& head();

private:
  class implementation;
  template <bool IsRequest>
  class typed;

  std::unique_ptr<implementation> implementation_;
};

} // namespace troupe::net
