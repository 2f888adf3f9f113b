#pragma once

#include "net/http_client.hpp"
#include "net/http_server.hpp"
#include "net/wire/headers.hpp"
#include "net/wire/ws_extensions.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace troupe::net {

/// What a client's handshake sends (RFC 6455, section 4.1).
struct ws_client_handshake {
  enum class deflate : bool { no, offered };

  std::string key; ///< of this connection, random
  deflate compression = deflate::no;

  static ws_client_handshake make(deflate compression);

  /// The protocol's headers, then those of `own` that are not the protocol's.
  header_list headers(const header_list& own) const;

  struct agreement {
    std::optional<ws_deflate> compression;
  };

  /// What a 101 answer agrees to, or what is wrong with it.
  std::variant<agreement, std::string> check(const header_list& answer,
                                             const header_list& own) const;
};

/// What a server answers to a request that `asks_for_websocket`.
struct ws_server_handshake {
  header_list headers; ///< of the 101
  std::optional<ws_deflate> compression;

  static ws_server_handshake answer_to(const header_list& request, const header_list& own);
};

/// Value of `Sec-WebSocket-Accept` for a `Sec-WebSocket-Key`.
std::string ws_accept_value(std::string_view key);

/// Whether a comma list in one of the headers called `name` holds `token`, case ignored.
bool lists_token(const header_list& headers, std::string_view name, std::string_view token);

} // namespace troupe::net
