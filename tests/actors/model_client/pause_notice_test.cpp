#define CAF_SUITE pause_notice
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/pause_notice.hpp"

using namespace troupe::model_client;
using namespace std::chrono_literals;

namespace {

std::string told(std::optional<std::chrono::milliseconds> wait) {
  return pause_text("mine", "gpt-5", {.requests = {}, .tokens = {}, .retry_after = wait})
    .value_or("");
}

} // namespace

SCENARIO("a long pause that a provider asks for is told with its length, and where it is cut") {
  CHECK_EQ(told({}), "");
  CHECK_EQ(told(9'999ms), "");
  CHECK(told(10s).ends_with("requests to gpt-5 wait 10 s"));
  CHECK(told(10'500ms).ends_with("wait 11 s"));
  CHECK(told(1h).ends_with("wait 3600 s"));
  CHECK(
    told(1h + 1ms).ends_with("wait 3600 s, the longest wait there is, though it asked for more"));
  CHECK(
    told(std::chrono::years{1}).starts_with("provider mine answered 429 and asked for a pause"));
}
