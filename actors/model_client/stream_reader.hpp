#pragma once

#include "actors/model_client/response_reader.hpp"
#include "messages/model_stream.hpp"
#include "net/net_errc.hpp"
#include "net/wire/sse_parser.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace troupe::model_client {

/// A response body from its bytes to model events, and what its end means (contract
/// responses-client.md 6.1, 6.5). One reader per exchange; keeps no reference to its input.
class stream_reader {
public:
  explicit stream_reader(std::size_t max_event_bytes = net::sse_parser::default_max_event_bytes)
    : parser_(max_event_bytes) {}

  struct progress {
    /// Events that ended in this chunk, skipped ones included: they, and nothing else, push the
    /// idle limit back.
    std::size_t dispatched = 0;
    /// An event is larger than the bound: the exchange is to be ended.
    bool is_too_large = false;
  };

  /// Consumes `chunk` and appends what it says to `out`.
  progress feed(std::string_view chunk, std::vector<model_event>& out);

  /// The events that ended in the last chunk.
  const std::vector<net::sse_event>& dispatched() const { return dispatched_; }

  /// The response is complete: nothing more is wanted of the connection.
  bool is_completed() const { return reader_.is_completed(); }

  /// Why the stream failed, given how its connection ended; `net_errc::none` is a regular end. Only
  /// for streams that are not completed.
  model_error failure(net::net_errc how);

private:
  net::sse_parser parser_;
  response_reader reader_;
  std::vector<net::sse_event> dispatched_; // kept for its storage
};

} // namespace troupe::model_client
