#define CAF_SUITE event_kinds
#include <caf/test/bdd_dsl.hpp>

#include "actors/telemetry/event_kinds.hpp"

#include <string>

using namespace troupe::telemetry;

SCENARIO("every known kind is found under its own name") {
  for (const auto kind : event_kinds)
    CHECK_EQ(event_kind_name(event_kind_index(kind)), kind);
}

SCENARIO("kinds that nobody knows share one name, whatever a server makes up") {
  for (const auto* kind : {"", "a", "response.complete", "response.completed ", "zzz", "MESSAGE"})
    CHECK_EQ(event_kind_name(event_kind_index(kind)), "other");
  CHECK_EQ(event_kind_name(event_kind_index(std::string(100'000, 'x'))), "other");
}
