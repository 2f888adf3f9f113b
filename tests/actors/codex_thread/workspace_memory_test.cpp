#define CAF_SUITE workspace_memory
#include <caf/test/bdd_dsl.hpp>

#include "actors/codex_thread/workspace_memory.hpp"

using namespace troupe::codex_thread;
using namespace std::chrono_literals;

namespace {

constexpr workspace_memory::time_point start{1h};

workspace_memory knowing(std::string json) {
  workspace_memory x;
  x.ask("/work", start);
  x.keep(std::move(json), start + 1ms);
  return x;
}

} // namespace

SCENARIO("a folder that nobody asked for is unknown") {
  CHECK(!workspace_memory{}.find("/work", start));
  CHECK(!workspace_memory{}.find("", start));
}

SCENARIO("an answer is known for a second after its question, an empty one too") {
  const auto uut = knowing("meta");
  CHECK_EQ(uut.find("/work", start + 999ms).value_or("none"), "meta");
  CHECK(!uut.find("/work", start + 1s));
  CHECK_EQ(knowing("").find("/work", start + 5ms).value_or("none"), "");
}

SCENARIO("another folder is unknown") {
  CHECK(!knowing("meta").find("/elsewhere", start + 1ms));
}

SCENARIO("a question without an answer is asked again") {
  workspace_memory uut;
  uut.ask("/work", start);
  CHECK(!uut.find("/work", start + 1ms));
}

SCENARIO("an answer that took as long as the limit is not kept") {
  workspace_memory uut;
  uut.ask("/work", start);
  uut.keep("", start + 250ms);
  CHECK(!uut.find("/work", start + 251ms));
}

SCENARIO("what was forgotten is unknown, also when its answer comes afterwards") {
  auto uut = knowing("meta");
  uut.forget();
  CHECK(!uut.find("/work", start + 2ms));
  uut.ask("/work", start);
  uut.forget();
  uut.keep("late", start + 1ms);
  CHECK(!uut.find("/work", start + 2ms));
  CHECK(!uut.find("", start + 2ms));
}

SCENARIO("a new question takes the place of the old answer") {
  auto uut = knowing("old");
  uut.ask("/work", start + 2ms);
  CHECK(!uut.find("/work", start + 3ms));
}
