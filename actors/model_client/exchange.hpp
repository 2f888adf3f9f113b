#pragma once

#include "actors/model_client/request_body.hpp"
#include "messages/ids.hpp"
#include "net/wire/headers.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Exchanges with a provider as they are kept in files, for replay without network.
namespace troupe::model_client {

/// A request and what was answered. Holds no secret: nothing of the request's headers, and of the
/// answer's only those that a client reads.
struct exchange {
  std::string path;    ///< below the provider's root: `responses`, `responses/compact`, ...
  std::string request; ///< from `comparable_request`
  int status = 0;
  net::header_list headers;
  std::string body; ///< as received
  bool operator==(const exchange&) const = default;
};

/// The body of a request as it is compared and kept: in one piece, with `<thread>` for the id of
/// its thread, which is also its cache key.
std::string comparable_request(const std::vector<fragment>& body, const thread_id& thread);

/// What requests are found by: 16 hexadecimal digits.
std::string exchange_key(std::string_view path, std::string_view comparable);

/// The headers that are kept.
net::header_list kept_headers(const net::header_list& answer);

/// JSON for people, too: one line per line of the answer. Answers that are not UTF-8 lose the bytes
/// that are not.
std::string print_exchange(const exchange& x);
std::optional<exchange> parse_exchange(std::string_view text);

/// Where two requests differ first: `input[3].content`; empty: nowhere.
std::string first_difference(std::string_view recorded, std::string_view wanted);

} // namespace troupe::model_client
