#pragma once

#include "messages/model_calls.hpp"
#include "messages/model_stream.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// Bodies of requests as pieces to be sent one after the other. The texts of a request are among
/// them as they are, shared; what stands between them is shared by all requests of the process, but
/// for the first and the last piece, which hold settings.
namespace troupe::model_client {

/// A piece of a body; as `net::body_part`.
using fragment = std::shared_ptr<const std::string>;

/// Azure keeps responses and is told the ids of items; nobody else is asked to, or is told them.
enum class store_response : std::uint8_t { no, yes };

/// How a request for a response is written. The default is the form of HTTP.
struct body_form {
  store_response store = store_response::no;
  std::string_view message_type;         ///< the member `type` of WebSocket messages; empty: none
  std::string_view previous_response_id; ///< empty: none
  std::size_t first_item = 0;            ///< items of the input before this one are left out
};

/// The body of `POST {base}/responses` (contract responses-client.md 4.1, 10.5).
std::vector<fragment> request_body(const model_request& x, const body_form& form);

/// A `response.append` message with the items from `first_item` on (contract 10.5).
std::vector<fragment> append_body(const model_request& x, std::size_t first_item);

/// The body of `POST {base}/responses/compact` (contract 11.3).
std::vector<fragment> compact_body(const compact_history& x);

/// The body of `POST {base}/memories/trace_summarize` (contract 12).
std::vector<fragment> traces_body(const summarise_traces& x);

} // namespace troupe::model_client
