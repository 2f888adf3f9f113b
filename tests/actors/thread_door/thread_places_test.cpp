#define CAF_SUITE thread_places
#include <caf/test/bdd_dsl.hpp>

#include "actors/thread_door/thread_places.hpp"

using namespace troupe;
using namespace std::chrono_literals;
using thread_door::thread_places;

namespace {

thread_id id(std::uint8_t n) {
  thread_id out;
  out.bytes[15] = n;
  return out;
}

const thread_places::time start = thread_places::time{} + 1h;

} // namespace

SCENARIO("starts under way take places, too") {
  thread_places x{{.all = 2, .per_member = 1}};
  x.begin_start("a");
  CHECK(!x.refusal("a").empty());
  CHECK(x.refusal("b").empty());
  x.begin_start("b");
  CHECK(!x.refusal("c").empty());
  x.end_start("a");
  CHECK(x.refusal("c").empty());
  CHECK(x.refusal("a").empty());
}

SCENARIO("a place is taken once and given back once") {
  thread_places x{{.all = 1, .per_member = 1}};
  x.take(id(1), {"a", "a1"}, start);
  x.take(id(1), {"a", "a1"}, start);
  CHECK(!x.refusal("b").empty());
  x.give_back(id(1));
  x.give_back(id(1));
  CHECK(!x.has(id(1)));
  CHECK(x.refusal("b").empty());
}

SCENARIO("threads of an earlier life of a node are forgotten, those of this one are not") {
  thread_places x{{.all = 9, .per_member = 9}};
  x.take(id(1), {"a", "a1"}, start);
  x.take(id(2), {"a", "a2"}, start);
  const auto is_linked = [](const std::string& life) { return life == "a2"; };
  CHECK(x.forgotten(is_linked, start + 5min, 10min).empty());
  CHECK_EQ(x.forgotten(is_linked, start + 10min, 10min), std::vector{id(1)});
  x.touch(id(1), start + 10min);
  CHECK(x.forgotten(is_linked, start + 19min, 10min).empty());
  CHECK(x.has_life("a1"));
  x.give_back(id(1));
  CHECK(!x.has_life("a1"));
}
