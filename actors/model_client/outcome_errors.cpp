#include "actors/model_client/outcome_errors.hpp"

#include "actors/model_client/stream_errors.hpp"

namespace troupe::model_client {

model_error error_of(const net::call_outcome& x, std::string_view url, const wall_clock& clock,
                     const secret_values& secrets) {
  if (x.error == net::net_errc::stopped)
    return cancelled_error();
  if (x.error != net::net_errc::none)
    return map_transport(x.error, url, x.detail);
  const http_failure failure{
    .status = x.head.status, .url = url, .headers = x.head.headers, .body = x.body};
  return map_status(failure, clock, secrets).error;
}

} // namespace troupe::model_client
