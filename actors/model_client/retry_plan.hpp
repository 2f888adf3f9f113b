#pragma once

#include "net/net_errc.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace troupe::model_client {

/// How one attempt of a request went, before anything of a 2xx body was read.
struct attempt_outcome {
  net::net_errc error = net::net_errc::none; ///< the exchange itself failed
  int status = 0;                            ///< of the response head; 0: there was none
};

/// The wait before the same request is sent again, or none when this outcome is to be reported
/// (contract responses-client.md 3.5). `failed` counts the attempts that have failed so far, this
/// one included; `jitter` is in [0.9, 1.1).
std::optional<std::chrono::milliseconds> next_attempt_delay(const attempt_outcome& x,
                                                            std::uint32_t failed,
                                                            std::uint32_t max_retries,
                                                            double jitter);

} // namespace troupe::model_client
