#pragma once

#include "actors/model_client/local_time.hpp"
#include "actors/model_client/provider_secrets.hpp"
#include "messages/model_stream.hpp"
#include "net/net_errc.hpp"
#include "net/wire/headers.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// From failed HTTP exchanges to the errors a thread sees (contract responses-client.md 8).
namespace troupe::model_client {

/// An answer whose status is not 2xx.
struct http_failure {
  int status = 0;
  std::string_view url;
  const net::header_list& headers;
  std::string_view body;
};

struct failed_call {
  model_error error;
  std::optional<rate_limits> limits; ///< with a usage-limit error
};

/// The rows of contract section 8.1 in their order. A 429 that none of them takes is final without
/// a `Retry-After` header, and retryable after the time it names with one (contract
/// exec-and-sdk.md 8). Of what the answer repeats, the query of its URL and `secrets` are masked,
/// before a long body is cut.
failed_call map_status(const http_failure& x, const wall_clock& clock,
                       const secret_values& secrets = {});

/// Whether a 429 is about the pace of requests, so that the same request may pass later; not about
/// a quota, a plan, or the capacity for a model.
bool passes_by_itself(const http_failure& x, const wall_clock& clock);

/// An exchange that got no response head. `detail` says what failed exactly. Nothing was reached:
/// `connection_failed`, so that a thread may wait for the network; too slow: `timeout`; else
/// `stream`.
model_error map_transport(net::net_errc error, std::string_view url, std::string_view detail);

} // namespace troupe::model_client
