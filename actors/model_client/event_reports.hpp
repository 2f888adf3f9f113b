#pragma once

#include "actors/model_client/observer.hpp"
#include "net/wire/sse_parser.hpp"

#include <optional>
#include <string_view>

/// From what a stream brings to what an observer is told (contract responses-client.md 13).
namespace troupe::model_client {

/// `kind`, `is_success` and `error` of an event; its texts live as long as the event.
event_report report_of(const net::sse_event& x);

/// The same of a WebSocket text message.
event_report report_of_message(std::string_view message);

/// The numbers of a `responsesapi.websocket_timing` message, rounded; none for other messages.
/// Negative and absurd ones are left out.
std::optional<server_timings> read_server_timings(std::string_view message);

} // namespace troupe::model_client
