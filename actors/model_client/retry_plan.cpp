#include "actors/model_client/retry_plan.hpp"

#include "net/wire/backoff.hpp"

namespace troupe::model_client {

std::optional<std::chrono::milliseconds> next_attempt_delay(const attempt_outcome& x,
                                                            std::uint32_t failed,
                                                            std::uint32_t max_retries,
                                                            double jitter) {
  // A stream that has begun is the turn loop's to repeat.
  const bool has_begun = x.status >= 200 && x.status <= 299;
  if (has_begun || failed > max_retries)
    return std::nullopt;
  const bool may = x.status != 0 ? net::should_retry_status(x.status) : net::may_retry(x.error);
  if (!may)
    return std::nullopt;
  return net::backoff_delay(failed, jitter);
}

} // namespace troupe::model_client
