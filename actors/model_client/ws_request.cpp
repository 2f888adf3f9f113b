#include "actors/model_client/ws_request.hpp"

#include <algorithm>
#include <utility>

namespace troupe::model_client {

bool ws_request::continues_last(const std::vector<shared_text>& input) const {
  return !last_.empty() && input.size() > last_.size() &&
         std::equal(last_.begin(), last_.end(), input.begin());
}

std::vector<fragment> ws_request::next_message(const model_request& x) {
  const bool is_incremental = continues_last(x.input);
  const auto sent = last_.size();
  const auto previous_id = std::exchange(response_id_, {});
  last_ = x.input;
  if (is_incremental && x.origin.transport != model_transport::websocket_v2)
    return append_body(x, sent);
  if (is_incremental && !previous_id.empty())
    return request_body(
      x,
      {.message_type = "response.create", .previous_response_id = previous_id, .first_item = sent});
  return request_body(x, {.message_type = "response.create"});
}

} // namespace troupe::model_client
