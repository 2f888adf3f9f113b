#pragma once

#include "actors/model_client/request_body.hpp"
#include "messages/model_stream.hpp"
#include "messages/shared_text.hpp"

#include <string>
#include <utility>
#include <vector>

namespace troupe::model_client {

/// What goes over one WebSocket connection: whole requests, or only what is new since the last one
/// (contract responses-client.md 10.5). One per connection; a new connection starts with nothing
/// remembered.
///
/// What was sent is remembered as references to the items. Histories share them from request to
/// request, so comparing a whole input costs a pointer per item.
class ws_request {
public:
  /// The next message, in pieces. Its input counts as sent from now on.
  std::vector<fragment> next_message(const model_request& x);

  /// The response to the last message is complete. An empty id: it has none.
  void on_completed(std::string response_id) { response_id_ = std::move(response_id); }

private:
  bool continues_last(const std::vector<shared_text>& input) const;

  std::vector<shared_text> last_;
  std::string response_id_;
};

} // namespace troupe::model_client
