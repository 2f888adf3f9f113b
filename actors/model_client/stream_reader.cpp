#include "actors/model_client/stream_reader.hpp"

#include "actors/model_client/stream_errors.hpp"

#include <string>

namespace troupe::model_client {

stream_reader::progress stream_reader::feed(std::string_view chunk, std::vector<model_event>& out) {
  dispatched_.clear();
  const auto error = parser_.feed(chunk, dispatched_);
  const auto before = reader_.own_events();
  const auto unreadable_before = reader_.unreadable_events();
  for (const auto& event : dispatched_)
    reader_.read(event.data, out);
  return {.dispatched = dispatched_.size(),
          .own = reader_.own_events() - before,
          .unreadable = reader_.unreadable_events() - unreadable_before,
          .error = error};
}

model_error stream_reader::failure(net::net_errc how) {
  using net::net_errc;
  switch (how) {
  case net_errc::none: break;
  case net_errc::idle_timeout: return stream_error("idle timeout waiting for SSE");
  case net_errc::too_much_unfinished:
    return stream_error("Transport error: " +
                        (budget_ ? net::unfinished_text(*budget_) : std::string{to_text(how)}));
  case net_errc::too_large:
    return stream_error("Transport error: " + std::string{to_text(net_errc::too_large)});
  // The reference's words for whatever befalls a body on its way.
  default: return stream_error("Transport error: network error: error decoding response body");
  }
  if (parser_.finish() == net_errc::bad_utf8)
    return stream_error("UTF8 error: " + std::string{to_text(net_errc::bad_utf8)});
  return reader_.remembered_error().value_or(
    stream_error("stream closed before response.completed"));
}

} // namespace troupe::model_client
