#pragma once

#include "messages/model_stream.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace troupe::model_client {

/// How the events of a response arrive. Only a WebSocket brings rate limits as events (contract
/// responses-client.md 6.3, 7.2).
enum class event_source : std::uint8_t { sse, websocket };

/// Reads the events of one response: the `data` of each SSE event, or the text of each WebSocket
/// message (contract responses-client.md 6.3). The field `type` decides what an event is; unknown
/// and malformed ones are skipped. An error event does not end anything: it is remembered, a later
/// one replaces it, and a completion makes it void.
///
/// One reader per stream; keeps no reference to its input. Never fails and never throws.
class response_reader {
public:
  explicit response_reader(event_source source = event_source::sse) : source_(source) {}

  /// Appends what the event says. Nothing is read after the completion.
  void read(std::string_view event_json, std::vector<model_event>& out);

  bool is_completed() const { return completed_; }

  /// Events so far that bring the response further: the first that begins it and the first that
  /// ends it, deltas with text (those of calls, too, which are not read), and finished items with
  /// content, a call or reasoning. What is announced, repeated, empty or unknown does not.
  std::uint64_t own_events() const { return own_events_; }

  /// Events so far that were skipped because they cannot be read: data that is not JSON (but for
  /// `[DONE]`), a member of the wrong kind, a finished item that is none. Unknown types do not
  /// count.
  std::uint64_t unreadable_events() const { return unreadable_events_; }

  /// Why the stream failed, should it end now.
  const std::optional<model_error>& remembered_error() const { return error_; }

private:
  struct event_fields;

  void on_completed(const event_fields& x, std::vector<model_event>& out);
  void on_done(const event_fields& x, std::vector<model_event>& out);
  void on_failed(const event_fields& x);
  void complete(response_completed x, std::vector<model_event>& out);

  std::optional<event_fields> fields_of(std::string_view event_json);
  bool take(const event_fields& x, std::string_view event_json, std::vector<model_event>& out);

  event_source source_;
  bool has_begun_ = false;
  bool has_ended_ = false;
  std::uint64_t own_events_ = 0;
  std::uint64_t unreadable_events_ = 0;
  bool completed_ = false;
  std::optional<model_error> error_;
};

} // namespace troupe::model_client
