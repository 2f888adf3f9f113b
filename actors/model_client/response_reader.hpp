#pragma once

#include "messages/model_stream.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace troupe::model_client {

/// Reads the events of one response: the `data` of each SSE event (contract responses-client.md
/// 6.3). The field `type` decides what an event is; unknown and malformed ones are skipped. An
/// error event does not end anything: it is remembered, a later one replaces it, and a completion
/// makes it void.
///
/// One reader per stream; keeps no reference to its input. Never fails and never throws.
class response_reader {
public:
  /// Appends what the event says. Nothing is read after the completion.
  void read(std::string_view event_json, std::vector<model_event>& out);

  bool is_completed() const { return completed_; }

  /// Why the stream failed, should it end now.
  const std::optional<model_error>& remembered_error() const { return error_; }

private:
  struct event_fields;

  void on_completed(const event_fields& x, std::vector<model_event>& out);
  void on_done(const event_fields& x, std::vector<model_event>& out);
  void on_failed(const event_fields& x);
  void complete(response_completed x, std::vector<model_event>& out);

  bool completed_ = false;
  std::optional<model_error> error_;
};

} // namespace troupe::model_client
