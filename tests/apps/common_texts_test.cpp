#define CAF_SUITE common_texts
#include <caf/test/bdd_dsl.hpp>

#include "apps/common/command_line.hpp"
#include "apps/common/log_level_check.hpp"
#include "apps/common/number_text.hpp"

using namespace troupe::common;
using namespace std::chrono_literals;

SCENARIO("a TROUPE_LOG that is no level is answered with those that are") {
  CHECK_EQ(unknown_log_level("loud"), "Warning: TROUPE_LOG=\"loud\" does not count: known are off, "
                                      "error, warn, info and debug\n");
  for (const auto* known : {"", "off", "WARN", "debug"})
    CHECK_EQ(unknown_log_level(known), "");
  CHECK_EQ(unknown_log_level(nullptr), "");
}

SCENARIO("large numbers are grouped by thousands") {
  CHECK_EQ(with_separators(0), "0");
  CHECK_EQ(with_separators(999), "999");
  CHECK_EQ(with_separators(1000), "1,000");
  CHECK_EQ(with_separators(1234567), "1,234,567");
  CHECK_EQ(with_separators(-1234), "-1,234");
  CHECK_EQ(with_separators(-123), "-123");
}

SCENARIO("counts are shortened for progress lines") {
  CHECK_EQ(short_count(0), "0");
  CHECK_EQ(short_count(9'999), "9999");
  CHECK_EQ(short_count(10'000), "10.0k");
  CHECK_EQ(short_count(999'949), "999.9k");
  CHECK_EQ(short_count(999'950), "1.0M");
  CHECK_EQ(short_count(1'234'567), "1.2M");
  CHECK_EQ(short_count(12'345'678'901), "12.3G");
}

SCENARIO("durations choose their unit") {
  CHECK_EQ(duration_text(0ms), "0ms");
  CHECK_EQ(duration_text(999ms), "999ms");
  CHECK_EQ(duration_text(1s), "1.00s");
  CHECK_EQ(duration_text(59'994ms), "59.99s");
  CHECK_EQ(duration_text(60s), "1m 00s");
  CHECK_EQ(duration_text(125s), "2m 05s");
}

SCENARIO("help texts are wrapped at blanks") {
  CHECK_EQ(wrapped("a bc def", 80), "a bc def");
  CHECK_EQ(wrapped("a bc def", 4), "a bc\ndef");
  CHECK_EQ(wrapped("a bc def", 1), "a\nbc\ndef");
  CHECK_EQ(wrapped("", 10), "");
}
