#pragma once

#include "messages/model_stream.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace troupe::model_client {

/// A piece of a body; as `net::body_part`.
using fragment = std::shared_ptr<const std::string>;

/// Azure keeps responses; nobody else is asked to.
enum class store_response : std::uint8_t { no, yes };

/// The body of `POST {base}/responses` (contract responses-client.md 4.1) as pieces to be sent one
/// after the other. The texts of the request are among them as they are, shared; what stands
/// between them is shared by all requests of the process, but for the first and the last piece,
/// which hold the settings and a schema.
std::vector<fragment> request_body(const model_request& x, store_response store);

} // namespace troupe::model_client
