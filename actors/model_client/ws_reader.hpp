#pragma once

#include "actors/model_client/response_reader.hpp"
#include "messages/errors.hpp"
#include "messages/model_stream.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::model_client {

/// Reads one response from the text messages of a WebSocket (contract responses-client.md 10.6).
/// Unlike over HTTP an error event ends the response at once. One reader per request.
class ws_reader {
public:
  /// Appends what a text message says; what is not parsable says nothing.
  void read(std::string_view message, std::vector<model_event>& out);

  bool is_completed() const { return reader_.is_completed(); }
  std::uint64_t own_events() const { return reader_.own_events(); }
  std::uint64_t unreadable_events() const { return reader_.unreadable_events(); }

  /// The error event that ends the response.
  const std::optional<model_error>& error() const { return reader_.remembered_error(); }

  /// Of the completed response; empty: it has none.
  const std::string& response_id() const { return completed_.response_id; }
  const std::optional<token_usage>& usage() const { return completed_.usage; }

private:
  response_reader reader_{event_source::websocket};
  response_completed completed_;
};

/// How a WebSocket fails a request, apart from error events.
enum class ws_failure : std::uint8_t {
  binary_message,
  ping_failed,
  closed_by_peer,
  socket_error,
  ended,
  idle,
  send_failed,
  closed_before,
  closed_in_handshake,
};

/// `detail` says what failed exactly, where the contract's text shows it.
model_error ws_error(ws_failure how, std::string_view detail = {});

/// What a response brings before its first message: what the handshake had said of the catalogue
/// and of reasoning. The same for each request on the connection.
struct handshake_facts {
  std::optional<std::string> models_etag;
  bool reasoning_included = false;

  void append_events(std::vector<model_event>& out) const;
};

} // namespace troupe::model_client
