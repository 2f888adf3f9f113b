#define CAF_SUITE held_events
#include <caf/test/bdd_dsl.hpp>

#include "actors/codex_thread/held_events.hpp"

using namespace troupe;
using namespace troupe::codex_thread;

namespace {

outgoing says(std::string text, bool after_lines) {
  return {"t", warning{std::move(text)}, after_lines};
}

std::vector<std::string> released(held_events& uut, std::uint64_t safe) {
  std::vector<std::string> result;
  uut.release(safe, [&](outgoing x) { result.push_back(std::get<warning>(x.msg).message); });
  return result;
}

} // namespace

SCENARIO("events wait for their lines and keep their order") {
  GIVEN("an event that waits for the third append, and one behind it") {
    held_events uut;
    CHECK(!uut.holds(says("plain", false), 3, 1));
    CHECK(!uut.holds(says("outcome", true), 3, 3));
    REQUIRE(uut.holds(says("outcome", true), 3, 1));
    uut.hold(says("outcome", true), 3);
    REQUIRE(uut.holds(says("plain", false), 3, 1));
    uut.hold(says("plain", false), 3);
    uut.hold(says("later outcome", true), 4);
    WHEN("appends are acknowledged one by one") {
      THEN("each comes as soon as it may, none overtakes another") {
        CHECK(released(uut, 2).empty());
        CHECK_EQ(released(uut, 3), (std::vector<std::string>{"outcome", "plain"}));
        CHECK(!uut.empty());
        CHECK_EQ(released(uut, 4), (std::vector<std::string>{"later outcome"}));
        CHECK(uut.empty());
      }
    }
  }
}
