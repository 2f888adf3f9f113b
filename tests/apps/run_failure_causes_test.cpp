#define CAF_SUITE run_failure_causes
#include <caf/test/bdd_dsl.hpp>

#include "apps/run/failure_causes.hpp"

#include <algorithm>
#include <vector>

using namespace troupe::run;

namespace {

std::vector<result_record> failed(const std::vector<std::string>& errors) {
  std::vector<result_record> out;
  for (const auto& error : errors)
    out.push_back({.id = "x", .status = task_status::failed, .error = error});
  return out;
}

} // namespace

SCENARIO("tasks that fail for one cause make one line, whatever their ids and times") {
  CHECK_EQ(failure_causes(failed({"cannot write /h/rollout-2026-02-07T10-a1b2.jsonl: No space left",
                                  "cannot write /h/rollout-2026-02-08T11-c3d4.jsonl: No space left",
                                  "timed out after 5 s"})),
           "2 tasks failed: cannot write /h/rollout-2026-02-07T10-a1b2.jsonl: No space left\n"
           "1 task failed: timed out after 5 s\n");
}

SCENARIO("paths of other attempts and ids are the same cause, another status is another one") {
  CHECK_EQ(failure_causes(failed({"cannot make /out/workspaces/1/attempt-1: Read-only file system",
                                  "cannot make /out/workspaces/12/attempt-2: Read-only file system",
                                  "thread 0199a213-81c0-7800-8aa1-bbab2a035a53 is gone",
                                  "thread 0199a213-81c0-7800-8aa1-bbab2a035a54 is gone",
                                  "thread 0199a213-81c0-7800-8aa1-bbab2a035a55 is gone",
                                  "unexpected status 401", "unexpected status 503"})),
           "3 tasks failed: thread 0199a213-81c0-7800-8aa1-bbab2a035a53 is gone\n"
           "2 tasks failed: cannot make /out/workspaces/1/attempt-1: Read-only file system\n"
           "1 task failed: unexpected status 401\n"
           "1 task failed for other causes; the results name them\n");
}

SCENARIO("what has not failed has no cause") {
  std::vector<result_record> results(2);
  results[0].status = task_status::completed;
  results[1].status = task_status::interrupted;
  results[1].error = "interrupted";
  CHECK_EQ(failure_causes(results), "");
  CHECK_EQ(failure_causes({}), "");
}

SCENARIO("many and long causes are bounded, and none can drive the terminal") {
  const auto text = failure_causes(
    failed({"a\n\x1b[31mb", "c", "c", "d", "e", "f", "f", "f", "g" + std::string(1000, 'x')}));
  CHECK_EQ(std::ranges::count(text, '\n'), 4);
  CHECK(text.starts_with("3 tasks failed: f\n2 tasks failed: c\n1 task failed: "));
  CHECK(text.ends_with("3 tasks failed for other causes; the results name them\n"));
  const auto one = failure_causes(failed({"a\n\x1b[31mb"}));
  CHECK_EQ(one, "1 task failed: a \xEF\xBF\xBD[31mb\n");
  CHECK_LT(failure_causes(failed({std::string(10'000, 'x')})).size(), 400u);
}
