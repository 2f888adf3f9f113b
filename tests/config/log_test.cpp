#define CAF_SUITE log
#include <caf/test/bdd_dsl.hpp>

#include "config/log.hpp"

using namespace troupe;

SCENARIO("level words are read in any case") {
  CHECK_EQ(log::parse_level("error"), log::level::error);
  CHECK_EQ(log::parse_level("WARN"), log::level::warning);
  CHECK_EQ(log::parse_level("Warning"), log::level::warning);
  CHECK_EQ(log::parse_level("info"), log::level::info);
  CHECK_EQ(log::parse_level("debug"), log::level::debug);
  CHECK_EQ(log::parse_level("trace"), log::level::debug);
  CHECK_EQ(log::parse_level("off"), log::level::off);
  CHECK_EQ(log::parse_level("codex_core=debug"), std::nullopt);
  CHECK_EQ(log::parse_level(""), std::nullopt);
}

SCENARIO("our variable counts before the reference's") {
  CHECK_EQ(log::choose_level("info", "debug"), log::level::info);
  CHECK_EQ(log::choose_level(nullptr, "debug"), log::level::debug);
  CHECK_EQ(log::choose_level("loud", "debug"), log::level::debug);
  CHECK_EQ(log::choose_level("", "codex_core=trace"), log::level::error);
  CHECK_EQ(log::choose_level(nullptr, nullptr), log::level::error);
}

SCENARIO("a line has a time, a level and no second line") {
  CHECK_EQ(log::format_line(log::level::warning, 1'770'455'704'007, "text"),
           "2026-02-07T09:15:04.007Z WARN text\n");
  CHECK_EQ(log::format_line(log::level::error, 0, "a\nb\r\x1B[31m\x7F"),
           "1970-01-01T00:00:00.000Z ERROR a b  [31m \n");
}
