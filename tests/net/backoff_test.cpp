#define CAF_SUITE backoff
#include <caf/test/bdd_dsl.hpp>

#include "net/wire/backoff.hpp"

using namespace std::literals;
using namespace troupe::net;

SCENARIO("delays double from 200 ms") {
  CHECK_EQ(backoff_delay(1, 1.0), 200ms);
  CHECK_EQ(backoff_delay(2, 1.0), 400ms);
  CHECK_EQ(backoff_delay(3, 1.0), 800ms);
  CHECK_EQ(backoff_delay(4, 1.0), 1600ms);
  CHECK_EQ(backoff_delay(5, 1.0), 3200ms);
  CHECK_EQ(backoff_delay(0, 1.0), 200ms);
}

SCENARIO("jitter scales the delay and fractions are cut off") {
  CHECK_EQ(backoff_delay(1, 0.9), 180ms);
  CHECK_EQ(backoff_delay(1, 1.0999), 219ms);
  CHECK_EQ(backoff_delay(4, 0.90037), 1440ms);
}

SCENARIO("the delay of the hundredth retry is still a time") {
  CHECK_EQ(backoff_delay(100, 1.0), backoff_ceiling);
  CHECK_EQ(backoff_delay(4'000'000'000, 1.0), backoff_ceiling);
  CHECK(std::chrono::steady_clock::now() + backoff_ceiling > std::chrono::steady_clock::now());
}

SCENARIO("only server errors are retried by status") {
  for (int status = 100; status < 700; ++status)
    CHECK_EQ(should_retry_status(status), status / 100 == 5);
}

SCENARIO(
  "network errors and timeouts are retried, requests that cannot be built and cancels are not") {
  for (auto x : {net_errc::dns_failed, net_errc::connect_failed, net_errc::timed_out_connect,
                 net_errc::timed_out_headers, net_errc::idle_timeout, net_errc::closed_early,
                 net_errc::write_failed, net_errc::bad_response, net_errc::tls_failed})
    CHECK(may_retry(x));
  for (auto x : {net_errc::bad_url, net_errc::bad_request, net_errc::cancelled, net_errc::stopped})
    CHECK(!may_retry(x));
}

SCENARIO("errors are error codes with a sentence") {
  const std::error_code code = net_errc::connect_failed;
  CHECK_EQ(code.category().name(), "net"s);
  CHECK_NE(code.message().find("check host and port"), std::string::npos);
  CHECK(!std::error_code{net_errc::none});
}
