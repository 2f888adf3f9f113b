#pragma once

#include "apps/sim/service_rules.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe::sim {

/// A provider's limiter: a bucket of requests and a bucket of tokens that fill all the time; a
/// request that finds too little in either is refused and takes nothing. Not thread-safe.
class rate_limiter {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Both buckets are full at `start`.
  rate_limiter(const limit_rule& x, time_point start);

  struct verdict {
    bool is_refused = false;
    std::chrono::microseconds retry_after{0}; ///< when the same request would pass; if refused
    std::string_view scarce;                  ///< `requests` or `tokens`; if refused
    bool is_silent = false;                   ///< nothing of this is told
    /// `x-ratelimit-...` as OpenAI names and writes them: the limit is the size of the bucket, the
    /// reset the time until it is full again.
    std::vector<std::pair<std::string, std::string>> headers;
  };

  /// A request of so many tokens. One that is larger than the whole bucket passes a full one.
  verdict admit(std::int64_t tokens, time_point now);

private:
  struct bucket {
    double size = 0;
    double per_second = 0; ///< 0: unlimited
    double level = 0;

    bool is_limited() const { return per_second > 0; }
    void fill(double seconds);
    std::chrono::microseconds until(double wanted) const;
  };

  static void append_headers(std::string_view what, const bucket& x,
                             std::vector<std::pair<std::string, std::string>>& out);

  const bool is_silent_;
  bucket requests_;
  bucket tokens_;
  time_point filled_at_;
};

/// A duration as these headers write it: "17ms", "1s", "8.64s", "6m0s", "1h0m2s"; rounded up to
/// milliseconds.
std::string reset_text(std::chrono::microseconds x);

/// The body and the headers of the 429 that tells of a refusal, and the text of an event that does.
std::string refusal_message(const rate_limiter::verdict& x);
std::vector<std::pair<std::string, std::string>> refusal_headers(const rate_limiter::verdict& x);

} // namespace troupe::sim
