#define CAF_SUITE snapshot_notice
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/snapshot_notice.hpp"

using namespace std::literals;
using namespace troupe::tool_runner;

namespace {

bool says(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

SCENARIO("a profile that leaves no snapshot is told with what it costs and what helps") {
  const auto slow =
    snapshot_notice("/bin/bash", {.how = child_end::kind::timed_out, .problem = {}}, 10s);
  CHECK(says(slow, "the profile of /bin/bash takes more than 10 s:"));
  CHECK(says(slow, "[tools] shell_snapshot = false"));
  const auto over =
    snapshot_notice("/bin/bash", {.how = child_end::kind::exited, .number = 3, .problem = {}}, 10s);
  CHECK(says(over, "ends its shell (exit code 3)"));
  CHECK(says(over, "`return`"));
  CHECK(says(snapshot_notice("/bin/bash",
                             {.how = child_end::kind::signalled, .number = 9, .problem = {}}, 10s),
             "signal 9"));
  const auto bounded = snapshot_notice(
    "/bin/bash", {.how = child_end::kind::exited, .number = 137, .problem = "ended: more"}, 10s);
  CHECK(says(bounded, "did not get to its end (ended: more)"));
  CHECK(!says(bounded, "`return`"));
  CHECK_EQ(snapshot_notice("/bin/bash", {.how = child_end::kind::not_started, .problem = {}}, 10s),
           "");
}
