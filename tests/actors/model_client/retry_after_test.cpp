#define CAF_SUITE retry_after
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/retry_after.hpp"

#include <initializer_list>

using namespace std::literals;
using namespace troupe;
using troupe::model_client::longest_retry_after;

namespace {

constexpr std::int64_t date = 784111777; // Sun, 06 Nov 1994 08:49:37 GMT

std::optional<std::chrono::milliseconds> wait(std::string_view value, std::int64_t now = date) {
  net::header_list headers;
  headers.set("Retry-After", value);
  return model_client::read_retry_after(headers, now);
}

} // namespace

SCENARIO("seconds are read, with or without a fraction") {
  CHECK(wait("0") == 0ms);
  CHECK(wait("7") == 7000ms);
  CHECK(wait("1.5") == 1500ms);
  CHECK(wait("0.0001") == 1ms);
  CHECK(wait("999999999999999") == longest_retry_after);
  CHECK(wait(std::string(400, '9')) == longest_retry_after);
}

SCENARIO("a date gives the time until then") {
  CHECK(wait("Sun, 06 Nov 1994 08:49:37 GMT", date - 90) == 90s);
  CHECK(wait("Sun, 06 Nov 1994 08:49:37 GMT", date) == 0s);
  CHECK(wait("Sun, 06 Nov 1994 08:49:37 GMT", date + 5) == 0s);
  CHECK(wait("Sun, 06 Nov 9994 08:49:37 GMT") == longest_retry_after);
}

SCENARIO("anything else is no answer") {
  for (const std::string_view value :
       {"", "soon", "-1", "+1", "1s", "1e3", ".", "1..5", "inf", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nox 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 -8:49:37 GMT",
        "Sun, 06 Nov 1994 08-49-37 GMT", "Sun, x6 Nov 1994 08:49:37 GMT"}) {
    CHECK(!wait(value));
  }
  CHECK(!model_client::read_retry_after({}, date));
}
