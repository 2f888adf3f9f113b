#define CAF_SUITE exec_jsonl_events
#include <caf/test/bdd_dsl.hpp>

#include "apps/exec/jsonl_events.hpp"
#include "tests/apps/exec_events_fixture.hpp"

#include <boost/json/parse.hpp>

using namespace troupe;
using namespace troupe::exec_events;

namespace {

/// What the events print after `turn.started`.
std::string lines_of(const std::vector<event_msg>& events) {
  exec::jsonl_events uut;
  std::string out;
  for (const auto& x : events)
    uut.event(x, out);
  return out;
}

} // namespace

// The expected lines are those that the contract captured (section 3 of exec-and-sdk.md).

SCENARIO("a plain reply") {
  exec::jsonl_events uut;
  std::string out;
  const auto id = parse_thread_id("0199a213-81c0-7800-8aa1-bbab2a035a53");
  uut.thread_started(*id, {}, out);
  for (const auto& x : std::vector<event_msg>{
         session_configured{}, task_started{}, item_started{agent_message_item{"msg_1", "", ""}},
         agent_message_delta{"msg_1", "Hello"}, said("Hello there."), used(100, 20, 10, 5),
         task_complete{"Hello there."}})
    uut.event(x, out);
  CHECK_EQ(out, R"({"type":"thread.started","thread_id":"0199a213-81c0-7800-8aa1-bbab2a035a53"}
{"type":"turn.started"}
{"type":"item.completed","item":{"id":"item_0","type":"agent_message","text":"Hello there."}}
{"type":"turn.completed","usage":{"input_tokens":100,"cached_input_tokens":20,"cache_write_input_tokens":0,"output_tokens":10,"reasoning_output_tokens":5}}
)");
}

SCENARIO("commands that succeed, fail and print nothing") {
  const auto first = command("call_1", "echo out; echo err 1>&2");
  const auto second = command("call_2", "echo bad; exit 7");
  const auto third = command("call_3", "true");
  CHECK_EQ(
    lines_of({first, ended(first, 0, "out\nerr\n"), second, ended(second, 7, "bad\n"), third,
              ended(third, 0, ""), said("Ran three."), used(400, 80, 40, 20), task_complete{}}),
    R"({"type":"item.started","item":{"id":"item_0","type":"command_execution","command":"/bin/bash -lc 'echo out; echo err 1>&2'","aggregated_output":"","exit_code":null,"status":"in_progress"}}
{"type":"item.completed","item":{"id":"item_0","type":"command_execution","command":"/bin/bash -lc 'echo out; echo err 1>&2'","aggregated_output":"out\nerr\n","exit_code":0,"status":"completed"}}
{"type":"item.started","item":{"id":"item_1","type":"command_execution","command":"/bin/bash -lc 'echo bad; exit 7'","aggregated_output":"","exit_code":null,"status":"in_progress"}}
{"type":"item.completed","item":{"id":"item_1","type":"command_execution","command":"/bin/bash -lc 'echo bad; exit 7'","aggregated_output":"bad\n","exit_code":7,"status":"failed"}}
{"type":"item.started","item":{"id":"item_2","type":"command_execution","command":"/bin/bash -lc true","aggregated_output":"","exit_code":null,"status":"in_progress"}}
{"type":"item.completed","item":{"id":"item_2","type":"command_execution","command":"/bin/bash -lc true","aggregated_output":"","exit_code":0,"status":"completed"}}
{"type":"item.completed","item":{"id":"item_3","type":"agent_message","text":"Ran three."}}
{"type":"turn.completed","usage":{"input_tokens":400,"cached_input_tokens":80,"cache_write_input_tokens":0,"output_tokens":40,"reasoning_output_tokens":20}}
)");
}

SCENARIO("commands that overlap keep their ids, and one that still runs is ended with the turn") {
  const auto first = command("call_1", "a");
  const auto second = command("call_2", "b");
  CHECK_EQ(
    lines_of({first, second, ended(second, 0, ""), task_complete{}}),
    R"({"type":"item.started","item":{"id":"item_0","type":"command_execution","command":"/bin/bash -lc a","aggregated_output":"","exit_code":null,"status":"in_progress"}}
{"type":"item.started","item":{"id":"item_1","type":"command_execution","command":"/bin/bash -lc b","aggregated_output":"","exit_code":null,"status":"in_progress"}}
{"type":"item.completed","item":{"id":"item_1","type":"command_execution","command":"/bin/bash -lc b","aggregated_output":"","exit_code":0,"status":"completed"}}
{"type":"item.completed","item":{"id":"item_0","type":"command_execution","command":"/bin/bash -lc a","aggregated_output":"","exit_code":null,"status":"completed"}}
{"type":"turn.completed","usage":{"input_tokens":0,"cached_input_tokens":0,"cache_write_input_tokens":0,"output_tokens":0,"reasoning_output_tokens":0}}
)");
}

SCENARIO("file changes start and complete") {
  CHECK_EQ(
    lines_of({patch_begun("c1", change(change_kind::add)),
              patch_ended("c1", change(change_kind::add)),
              patch_begun("c2", change(change_kind::update)),
              patch_ended("c2", change(change_kind::update)),
              patch_begun("c3", change(change_kind::remove)),
              patch_ended("c3", change(change_kind::remove))}),
    R"({"type":"item.started","item":{"id":"item_0","type":"file_change","changes":[{"path":"/WS/hello.txt","kind":"add"}],"status":"in_progress"}}
{"type":"item.completed","item":{"id":"item_0","type":"file_change","changes":[{"path":"/WS/hello.txt","kind":"add"}],"status":"completed"}}
{"type":"item.started","item":{"id":"item_1","type":"file_change","changes":[{"path":"/WS/hello.txt","kind":"update"}],"status":"in_progress"}}
{"type":"item.completed","item":{"id":"item_1","type":"file_change","changes":[{"path":"/WS/hello.txt","kind":"update"}],"status":"completed"}}
{"type":"item.started","item":{"id":"item_2","type":"file_change","changes":[{"path":"/WS/hello.txt","kind":"delete"}],"status":"in_progress"}}
{"type":"item.completed","item":{"id":"item_2","type":"file_change","changes":[{"path":"/WS/hello.txt","kind":"delete"}],"status":"completed"}}
)");
}

SCENARIO("a patch that fails still names what it tried") {
  auto end = patch_ended("c1", {});
  end.success = false;
  const auto out = lines_of({patch_begun("c1", change(change_kind::add)), end});
  CHECK(out.ends_with(
    R"({"type":"item.completed","item":{"id":"item_0","type":"file_change","changes":[{"path":"/WS/hello.txt","kind":"add"}],"status":"failed"}}
)"));
}

SCENARIO("a to-do list is updated and completed just before the turn") {
  CHECK_EQ(
    lines_of({plan(step_status::in_progress), plan(step_status::completed), said("Planned."),
              used(300, 60, 30, 15), task_complete{"Planned."}}),
    R"({"type":"item.started","item":{"id":"item_0","type":"todo_list","items":[{"text":"step 0","completed":false},{"text":"step 1","completed":false}]}}
{"type":"item.updated","item":{"id":"item_0","type":"todo_list","items":[{"text":"step 0","completed":true},{"text":"step 1","completed":false}]}}
{"type":"item.completed","item":{"id":"item_1","type":"agent_message","text":"Planned."}}
{"type":"item.completed","item":{"id":"item_0","type":"todo_list","items":[{"text":"step 0","completed":true},{"text":"step 1","completed":false}]}}
{"type":"turn.completed","usage":{"input_tokens":300,"cached_input_tokens":60,"cache_write_input_tokens":0,"output_tokens":30,"reasoning_output_tokens":15}}
)");
}

SCENARIO("reasoning parts are joined and blank reasoning takes no number") {
  CHECK_EQ(
    lines_of({thought({"First part.", "Second part."}), thought({}), thought({" ", ""}),
              said("Working on it."), said("Final.")}),
    R"({"type":"item.completed","item":{"id":"item_0","type":"reasoning","text":"First part.\nSecond part."}}
{"type":"item.completed","item":{"id":"item_1","type":"agent_message","text":"Working on it."}}
{"type":"item.completed","item":{"id":"item_2","type":"agent_message","text":"Final."}}
)");
}

SCENARIO("a web search carries the provider's id and takes a number all the same") {
  const web_search_item search{"ws_1", "q", shared_text{R"({"type":"search","query":"q"})"}};
  CHECK_EQ(
    lines_of({item_started{search}, item_completed{search}, said("x")}),
    R"({"type":"item.started","item":{"id":"ws_1","type":"web_search","query":"q","action":{"type":"search","query":"q"}}}
{"type":"item.completed","item":{"id":"ws_1","type":"web_search","query":"q","action":{"type":"search","query":"q"}}}
{"type":"item.completed","item":{"id":"item_1","type":"agent_message","text":"x"}}
)");
  CHECK_EQ(
    lines_of({item_started{web_search_item{}}, item_completed{web_search_item{}}}),
    R"({"type":"item.started","item":{"id":"item_0","type":"web_search","query":"","action":{"type":"other"}}}
{"type":"item.completed","item":{"id":"item_0","type":"web_search","query":"","action":{"type":"other"}}}
)");
}

SCENARIO("a turn that failed ends with its last error, and nothing follows") {
  CHECK_EQ(lines_of({task_started{}, reconnecting("stream disconnected before completion: oops"),
                     failed("stream disconnected before completion: oops"), task_complete{},
                     said("late"), task_complete{}}),
           R"x({"type":"turn.started"}
{"type":"error","message":"Reconnecting... 1/1 (stream disconnected before completion: oops)"}
{"type":"error","message":"stream disconnected before completion: oops"}
{"type":"turn.failed","error":{"message":"stream disconnected before completion: oops"}}
)x");
  CHECK(lines_of({reconnecting("")}) == R"({"type":"error","message":"Reconnecting... 1/1"})"
                                        "\n");
}

SCENARIO("a reconnect does not fail the turn") {
  const auto out =
    lines_of({reconnecting("cut"), said("recovered"), used(1, 0, 1, 0), task_complete{}});
  CHECK(out.find("turn.completed") != std::string::npos);
  CHECK_EQ(out.find("turn.failed"), std::string::npos);
}

SCENARIO("an interrupted turn has no terminal line") {
  CHECK_EQ(lines_of({task_started{}, plan(step_status::pending), turn_aborted{}, said("late")}),
           R"({"type":"turn.started"}
{"type":"item.started","item":{"id":"item_0","type":"todo_list","items":[{"text":"step 0","completed":false},{"text":"step 1","completed":false}]}}
)");
}

SCENARIO("warnings are items of type error") {
  exec::jsonl_events uut;
  std::string out;
  const std::vector<std::string> warnings{"something is odd"};
  uut.thread_started(thread_id{}, warnings, out);
  uut.event(warning{"and again"}, out);
  CHECK_EQ(out, R"({"type":"thread.started","thread_id":"00000000-0000-0000-0000-000000000000"}
{"type":"item.completed","item":{"id":"item_0","type":"error","message":"something is odd"}}
{"type":"item.completed","item":{"id":"item_1","type":"error","message":"and again"}}
)");
}

SCENARIO("a run that loses its thread fails like a turn, once") {
  exec::jsonl_events uut;
  std::string out;
  uut.failed("gone", out);
  uut.failed("gone", out);
  CHECK_EQ(out, R"({"type":"error","message":"gone"}
{"type":"turn.failed","error":{"message":"gone"}}
)");
}

SCENARIO("output that is no UTF-8 becomes valid JSON") {
  const auto begin = command("c", "cat x");
  const auto out = lines_of({begin, ended(begin, 0, "a\xFF\xC3(\0b")});
  const auto second = out.substr(out.find('\n') + 1);
  CHECK(second.find("a\xEF\xBF\xBD\xEF\xBF\xBD(") != std::string::npos);
  boost::json::error_code error;
  boost::json::parse(second, error);
  CHECK(!error);
}
