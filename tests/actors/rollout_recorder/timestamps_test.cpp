#define CAF_SUITE timestamps
#include <caf/test/bdd_dsl.hpp>

#include "actors/rollout_recorder/timestamps.hpp"

#include <optional>
#include <string_view>
#include <vector>

using namespace troupe::rollout_recorder;
using namespace std::chrono;

namespace {

system_clock::time_point at(milliseconds since_epoch) {
  return system_clock::time_point{since_epoch};
}

} // namespace

SCENARIO("a line's time is UTC with exactly three fractional digits") {
  CHECK_EQ(line_time_text(at(1'770'455'704'120ms)), "2026-02-07T09:15:04.120Z");
  CHECK_EQ(line_time_text(at(1'770'455'704'007ms)), "2026-02-07T09:15:04.007Z");
  CHECK_EQ(line_time_text(at(0ms)), "1970-01-01T00:00:00.000Z");
  CHECK_EQ(line_time_text(at(-1ms)), "1969-12-31T23:59:59.999Z");
  CHECK_EQ(line_time_text(at(1'709'164'800'000ms)), "2024-02-29T00:00:00.000Z");
}

SCENARIO("file-name times use hyphens and read back") {
  const auto time = sys_seconds{1'770'459'304s};
  CHECK_EQ(file_time_text(time), "2026-02-07T10-15-04");
  CHECK(parse_file_time("2026-02-07T10-15-04") == time);
  CHECK_EQ(second_text(time), "2026-02-07T10:15:04Z");
  for (const auto* text : {"", "2026-02-07", "2026-02-07T10:15:04", "2026-02-30T10-15-04",
                           "2026-02-07T24-00-00", "2026-02-07T10-15-04Z", "x026-02-07T10-15-04"})
    CHECK(!parse_file_time(text));
}

SCENARIO("RFC 3339 is read with every offset and fraction") {
  const sys_milliseconds base{1'770'455'704'000ms};
  CHECK(parse_rfc3339("2026-02-07T09:15:04Z") == base);
  CHECK(parse_rfc3339("2026-02-07t09:15:04z") == base);
  CHECK(parse_rfc3339("2026-02-07T10:15:04+01:00") == base);
  CHECK(parse_rfc3339("2026-02-07T03:45:04-05:30") == base);
  CHECK(parse_rfc3339("2026-02-07T09:15:04.1Z") == base + 100ms);
  CHECK(parse_rfc3339("2026-02-07T09:15:04.1239999999Z") == base + 123ms);
  CHECK(parse_rfc3339("2026-02-07T09:15:60Z") == base + 56s);
}

SCENARIO("what is not RFC 3339 is refused") {
  for (const auto* text :
       {"", "2026", "2026-02-07 09:15:04Z", "2026-02-07T09:15:04", "2026-02-07T09:15:04.Z",
        "2026-02-07T09:15:04Zx", "2026-13-07T09:15:04Z", "2026-02-07T09:60:04Z",
        "2026-02-07T09:15:04+1:00", "2026-02-07T09:15:04+24:00", "-026-02-07T09:15:04Z"})
    CHECK(!parse_rfc3339(text));
}
