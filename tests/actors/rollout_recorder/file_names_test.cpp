#define CAF_SUITE file_names
#include <caf/test/bdd_dsl.hpp>

#include "actors/rollout_recorder/file_names.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::rollout_recorder;
using namespace std::chrono;

namespace {

constexpr auto* id = "019c3762-2225-7c31-9a4e-5d0f6b7a8c21";
constexpr auto* name = "rollout-2026-02-07T10-15-04-019c3762-2225-7c31-9a4e-5d0f6b7a8c21.jsonl";

rollout_name sample() {
  return {sys_seconds{1'770'459'304s}, parse_thread_id(id).value()};
}

} // namespace

SCENARIO("a rollout's name and folder come from local time and id") {
  CHECK_EQ(file_name(sample()), name);
  CHECK_EQ(dated_path(sample()).string(), std::string{"2026/02/07/"} + name);
}

SCENARIO("names read back") {
  CHECK(parse_file_name(name) == sample());
}

SCENARIO("other names are ignored") {
  const std::string good{name};
  const std::vector<std::string> others{
    "",
    "rollout-.jsonl",
    "notes.txt",
    good + "~",
    "x" + good,
    "rollout-2026-02-07T10-15-04.jsonl",
    "rollout-2026-02-07T10-15-04019c3762-2225-7c31-9a4e-5d0f6b7a8c21.jsonl",
    "rollout-2026-02-07-019c3762-2225-7c31-9a4e-5d0f6b7a8c21.jsonl",
    "rollout-019c3762-2225-7c31-9a4e-5d0f6b7a8c21.jsonl",
    "rollout-2026-02-07T10-15-04-019c3762-2225-7c31-9a4e-5d0f6b7a8c2g.jsonl"};
  for (const auto& other : others)
    CHECK(!parse_file_name(other));
}

SCENARIO("order is by time, then by id") {
  auto later = sample();
  later.time += 1s;
  auto greater = sample();
  greater.thread.bytes[15] += 1;
  CHECK(sample() < greater);
  CHECK(greater < later);
}

SCENARIO("a version 7 id tells when it was made, others do not") {
  const auto made = creation_time(parse_thread_id(id).value());
  REQUIRE(made.has_value());
  CHECK_EQ(duration_cast<milliseconds>(made->time_since_epoch()).count(), 0x019c37622225);
  CHECK(!creation_time(parse_thread_id("00000000-0000-4000-8000-000000000001").value()));
}
