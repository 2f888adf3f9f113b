#pragma once

#include "actors/model_client/response_reader.hpp"
#include "messages/model_stream.hpp"
#include "net/net_errc.hpp"
#include "net/wire/sse_parser.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::model_client {

/// A response body from its bytes to model events, and what its end means (contract
/// responses-client.md 6.1, 6.5). One reader per exchange; keeps no reference to its input.
class stream_reader {
public:
  /// `budget`: of unfinished events; null for none.
  explicit stream_reader(std::size_t max_event_bytes = net::sse_parser::default_max_event_bytes,
                         std::shared_ptr<net::byte_budget> budget = {})
    : parser_(max_event_bytes, budget), budget_(std::move(budget)) {}

  struct progress {
    /// Events that ended in this chunk, skipped ones included: they, and nothing else, push the
    /// idle limit back.
    std::size_t dispatched = 0;
    /// Those of them that bring the response further (`response_reader::own_events`).
    std::uint64_t own = 0;
    /// Those of them that cannot be read (`response_reader::unreadable_events`).
    std::uint64_t unreadable = 0;
    /// `too_large` or `too_much_unfinished`, because of one event: the exchange is to be ended.
    net::net_errc error = net::net_errc::none;
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
  std::shared_ptr<net::byte_budget> budget_;
  response_reader reader_;
  std::vector<net::sse_event> dispatched_; // kept for its storage
};

} // namespace troupe::model_client
