#define CAF_SUITE retry_plan
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/retry_plan.hpp"

#include <initializer_list>

using namespace std::literals;
using namespace troupe;
using troupe::model_client::next_attempt_delay;
using troupe::net::net_errc;

SCENARIO("a server error is sent again with growing delays until the retries are spent") {
  CHECK(next_attempt_delay({.status = 500}, 1, 4, 1.0) == 200ms);
  CHECK(next_attempt_delay({.status = 500}, 2, 4, 1.0) == 400ms);
  CHECK(next_attempt_delay({.status = 500}, 3, 4, 1.0) == 800ms);
  CHECK(next_attempt_delay({.status = 500}, 4, 4, 1.0) == 1600ms);
  CHECK(!next_attempt_delay({.status = 500}, 5, 4, 1.0));
  CHECK(next_attempt_delay({.status = 599}, 1, 1, 0.9) == 180ms);
  CHECK(!next_attempt_delay({.status = 503}, 1, 0, 1.0));
}

SCENARIO("no other status is sent again") {
  for (const int status : {200, 301, 307, 400, 401, 403, 404, 408, 409, 429, 499, 600}) {
    CHECK(!next_attempt_delay({.status = status}, 1, 4, 1.0));
  }
}

SCENARIO("network errors before the response are sent again, mistakes in the request are not") {
  for (const auto error : {net_errc::dns_failed, net_errc::connect_failed, net_errc::tls_failed,
                           net_errc::timed_out_connect, net_errc::timed_out_headers,
                           net_errc::write_failed, net_errc::closed_early}) {
    CHECK(next_attempt_delay({.error = error}, 1, 4, 1.0) == 200ms);
  }
  for (const auto error :
       {net_errc::bad_url, net_errc::bad_request, net_errc::cancelled, net_errc::stopped}) {
    CHECK(!next_attempt_delay({.error = error}, 1, 4, 1.0));
  }
}

SCENARIO("a stream that had begun is not sent again") {
  CHECK(!next_attempt_delay({.error = net_errc::closed_early, .status = 200}, 1, 4, 1.0));
  CHECK(!next_attempt_delay({.error = net_errc::idle_timeout, .status = 204}, 1, 4, 1.0));
}

SCENARIO("an error status counts although its body broke off") {
  CHECK(next_attempt_delay({.error = net_errc::closed_early, .status = 502}, 1, 4, 1.0) == 200ms);
  CHECK(!next_attempt_delay({.error = net_errc::closed_early, .status = 404}, 1, 4, 1.0));
}
