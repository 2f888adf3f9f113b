#define CAF_SUITE stop_requests
#include <caf/test/bdd_dsl.hpp>

#include "net/stop_requests.hpp"

using namespace std::literals;
using namespace troupe::net;
using enum stop_requests::meaning;

namespace {

constexpr stop_requests::time_point start{1h};

} // namespace

SCENARIO("signals within a moment of the first are one request to stop") {
  stop_requests requests;
  CHECK(requests.on_signal(start) == first);
  CHECK(requests.on_signal(start) == echo);
  CHECK(requests.on_signal(start + 10us) == echo);
  CHECK(requests.on_signal(start + stop_requests::echo_limit - 1ms) == echo);
}

SCENARIO("a later signal is another request, however many came with the first") {
  stop_requests requests;
  requests.on_signal(start);
  requests.on_signal(start + stop_requests::echo_limit - 1ms);
  CHECK(requests.on_signal(start + stop_requests::echo_limit) == another);
  CHECK(requests.on_signal(start + stop_requests::echo_limit + 1ms) == another);
}
