#pragma once

#include "messages/model_stream.hpp"
#include "net/wire/headers.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What the headers of a response say (contract responses-client.md 6.2, 7.1). Values that are not
/// plain ASCII count as absent.
namespace troupe::model_client {

/// The window and credit figures; all fields empty when the provider sends none.
rate_limits read_rate_limits(const net::header_list& headers);

/// The provider's advertisement, trimmed; only a usage-limit error shows it.
std::optional<std::string> promo_message(const net::header_list& headers);

/// Appends the events that precede the body, in the contract's order: rate limits always, the
/// catalogue's ETag, the note that reasoning is counted; then the turn state.
void append_header_events(const net::header_list& headers, std::vector<model_event>& out);

/// `x-request-id`, else `x-oai-request-id`.
std::optional<std::string_view> request_id(const net::header_list& headers);

} // namespace troupe::model_client
