#define CAF_SUITE tool_watch
#include <caf/test/bdd_dsl.hpp>

#include "tests/actors/codex_thread/thread_fixture.hpp"

#include "messages/json/item_json.hpp"

#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::testing;
using codex_thread::tool_outcome;

namespace {

struct fixture : thread_fixture {
  std::vector<std::string> notes;

  fixture() {
    watch_tool = [this](const run_tool& x) {
      notes.push_back("began " + x.name + ' ' + x.call_id + " of turn " + x.turn);
      return [this, call = x.call_id](tool_outcome how) {
        notes.push_back(call + (how == tool_outcome::succeeded ? " succeeded" : " failed"));
      };
    };
    spawn(config());
    start();
    say("look");
  }

  void call_tools() {
    model({output_item_done{*parse_response_item(std::string_view{
             R"({"type":"function_call","name":"exec_command","arguments":"{}","call_id":"c1"})"})},
           output_item_done{*parse_response_item(std::string_view{
             R"({"type":"custom_tool_call","name":"no_such","input":"x","call_id":"c2"})"})},
           response_completed{"r", {}}});
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("who watches tool calls sees each one begin and end, of whatever kind") {
  call_tools();
  REQUIRE_EQ(notes.size(), 4u);
  CHECK_EQ(notes[0], "began exec_command c1 of turn 0");
  CHECK_EQ(notes[1], "c1 succeeded");
  CHECK_EQ(notes[2], "began no_such c2 of turn 0");
  CHECK_EQ(notes[3], "c2 succeeded");
}

SCENARIO("a tool runner that is gone is a call that failed") {
  caf::anon_send_exit(services.tools, caf::exit_reason::kill);
  run();
  call_tools();
  REQUIRE_EQ(notes.size(), 4u);
  CHECK_EQ(notes[1], "c1 failed");
  CHECK_EQ(notes[3], "c2 failed");
}

END_FIXTURE_SCOPE()
