#define CAF_SUITE turn_requests
#include <caf/test/bdd_dsl.hpp>

#include "scripted_turn.hpp"

using namespace troupe;
using namespace troupe::codex_thread;
using namespace troupe::codex_thread::testing;

namespace {

thread_config websocket_config(model_transport transport = model_transport::websocket_v2) {
  auto x = some_config();
  x.origin.transport = transport;
  return x;
}

request_origin origin_of_first_request(thread_config config) {
  scripted_session s{std::move(config)};
  s.submit(says("hello"));
  return s.take().open->request.origin;
}

std::string subagent_of(session_source source) {
  auto config = some_config();
  config.source = std::move(source);
  return origin_of_first_request(std::move(config)).subagent;
}

/// The next attempt after a failure that may be retried.
effects after_cut(scripted_session& s) {
  s.stream_fails(failure(model_errc::stream, "cut"));
  return s.take();
}

} // namespace

SCENARIO("a request says of its thread what the settings say") {
  auto config = some_config();
  config.origin = {.turn = {},
                   .transport = model_transport::websocket_v1,
                   .beta_features = "shell_snapshot,collab",
                   .turn_metadata = {},
                   .subagent = {},
                   .compression = true,
                   .timing_metrics = true};
  auto expected = config.origin;
  expected.turn = "0";
  CHECK_EQ(origin_of_first_request(config), expected);
}

SCENARIO("sub-agents are labelled, other threads are not") {
  CHECK_EQ(subagent_of({.kind = source_kind::subagent_review}), "review");
  CHECK_EQ(subagent_of({.kind = source_kind::subagent_compact}), "compact");
  CHECK_EQ(subagent_of({.kind = source_kind::subagent_thread_spawn}), "collab_spawn");
  session_source other{.kind = source_kind::subagent_other};
  other.label = "guardian";
  CHECK_EQ(subagent_of(other), "guardian");
  for (const auto kind : {source_kind::cli, source_kind::vscode, source_kind::exec,
                          source_kind::mcp, source_kind::unknown})
    CHECK_EQ(subagent_of({.kind = kind}), "");
}

SCENARIO("item ids go along for providers that want them") {
  auto config = some_config();
  config.item_ids = true;
  scripted_session s{config};
  s.turn("hello", "hi");
  s.submit(says("more"));
  const auto request = s.take().open->request;
  REQUIRE_EQ(request.input_ids.size(), request.input.size());
  CHECK_EQ(request.input_ids[3], "msg_1"); // the answer
  CHECK_EQ(request.input_ids[4], "");
}

SCENARIO("other providers are sent no item ids") {
  scripted_session s;
  s.submit(says("hello"));
  CHECK(s.take().open->request.input_ids.empty());
}

SCENARIO("a turn's requests wait for what is said of the working directory") {
  scripted_session s;
  s.submit_only(says("hello"));
  REQUIRE(s.out.describe.has_value());
  CHECK_EQ(s.out.describe->turn, "0");
  CHECK_EQ(s.out.describe->cwd, "/work");
  CHECK(!s.out.open.has_value());
  CHECK_EQ(line_names(s.out).size(), 2u); // the input is recorded already
  CHECK(s.uut.summary().waits_for == wait_kind::workspace);
  s.metadata_json = R"({"workspaces":{}})";
  CHECK_EQ(s.take().open->request.origin.turn_metadata, R"({"workspaces":{}})");
}

SCENARIO("all requests of a turn carry the same metadata, the next turn asks again") {
  scripted_session s;
  s.metadata_json = "first";
  s.submit(says("hello"));
  s.take();
  CHECK_EQ(after_cut(s).open->request.origin.turn_metadata, "first");
  s.metadata_json = "second";
  s.model({output_item_done{function_call("exec_command", "c1")}, response_completed{"r", {}}});
  s.tool_answers("c1", "");
  CHECK_EQ(s.take().open->request.origin.turn_metadata, "first");
  s.model_says("done");
  s.flushed();
  s.take();
  s.submit(says("again"));
  CHECK_EQ(s.take().open->request.origin.turn_metadata, "second");
}

SCENARIO("metadata that comes late is not used") {
  scripted_session s;
  s.submit(says("hello"));
  s.take();
  workspace_described late{"0", "late"};
  s.uut.on_workspace(late, s.out);
  CHECK(!s.take().open.has_value());
  CHECK_EQ(after_cut(s).open->request.origin.turn_metadata, "");
}

SCENARIO("metadata for another turn changes nothing") {
  scripted_session s;
  s.submit_only(says("hello"));
  workspace_described other{"7", "other"};
  s.uut.on_workspace(other, s.out);
  CHECK(!s.out.open.has_value());
  CHECK_EQ(s.take().open->request.origin.turn_metadata, "");
}

SCENARIO("a turn that waits for its metadata can be interrupted and takes input") {
  scripted_session s;
  s.submit_only(says("hello"));
  s.submit_only(says("and more"));
  CHECK_EQ(input_texts(s.take().open->request.input).back(), "and more");
  s.model_says("done");
  s.flushed();
  s.take();
  s.submit_only(says("again"));
  s.submit_only(interrupt_turn{});
  CHECK(!s.take().open.has_value());
  CHECK(s.uut.summary().waits_for == wait_kind::rollout);
}

SCENARIO("a summary is asked for with the turn's metadata") {
  scripted_session s{some_config(), model_with_limit(15)};
  s.turn("hello", "hi");
  s.metadata_json = "meta";
  s.submit(says("more"));
  const auto request = s.take().open->request;
  CHECK_EQ(request.tools_json.str(), "[]");
  CHECK_EQ(request.origin.turn_metadata, "meta");
}

SCENARIO("the first turn state counts for the whole turn, and a compaction has its own") {
  scripted_session s{some_config(), model_with_limit(100)};
  s.submit(says("go"));
  s.take();
  s.model({turn_state_seen{"a"}, turn_state_seen{"b"},
           output_item_done{function_call("exec_command", "c1")},
           response_completed{"r", usage(100, 0)}});
  s.tool_answers("c1", "");
  CHECK_EQ(s.take().open->request.turn_state, ""); // the summary's request
  s.model({turn_state_seen{"of the compaction"}});
  CHECK_EQ(after_cut(s).open->request.turn_state, "of the compaction");
  s.model_says("summary");
  CHECK_EQ(s.take().open->request.turn_state, "a");
}

SCENARIO("a thread with a WebSocket connects before its first turn, knowing its directory") {
  scripted_session s{websocket_config()};
  session uut{websocket_config(), [](const auto&, const auto&) { return some_tools(); }, {}};
  uut.set_id(new_thread_id());
  uut.set_model(some_model());
  effects out;
  uut.start_new("/p", out);
  REQUIRE(out.describe.has_value());
  CHECK_EQ(out.describe->turn, "");
  workspace_described answer{"", "meta"};
  uut.on_workspace(answer, out);
  REQUIRE(out.prepare.has_value());
  CHECK_EQ(out.prepare->thread, uut.id());
  CHECK_EQ(out.prepare->provider, "test");
  CHECK_EQ(out.prepare->origin.turn_metadata, "meta");
  CHECK(out.prepare->origin.transport == model_transport::websocket_v2);
  CHECK_EQ(out.prepare->origin.turn, "");
}

SCENARIO("a turn that begins before the directory is known connects by itself") {
  scripted_session s{websocket_config()};
  s.submit(says("hello"));
  workspace_described late{"", "meta"};
  s.uut.on_workspace(late, s.out);
  CHECK(!s.take().prepare.has_value());
}

SCENARIO("without a WebSocket nothing is prepared or closed") {
  session uut{some_config(), [](const auto&, const auto&) { return some_tools(); }, {}};
  uut.set_id(new_thread_id());
  uut.set_model(some_model());
  effects out;
  uut.start_new("/p", out);
  CHECK(!out.describe.has_value());
  scripted_session s;
  s.submit(says("hello"));
  s.model_says("hi");
  CHECK(s.take().closed_connections.empty());
}

SCENARIO("a turn's connection is closed with it, the thread's last of all") {
  scripted_session s{websocket_config()};
  s.submit(says("hello"));
  CHECK(s.take().closed_connections.empty());
  s.model_says("hi");
  s.flushed();
  const close_connection turn{s.uut.id(), "0"};
  CHECK_EQ(s.take().closed_connections, std::vector{turn});
  s.submit(says("again"));
  s.submit(interrupt_turn{});
  s.flushed();
  const close_connection second{s.uut.id(), "1"};
  CHECK_EQ(s.take().closed_connections, std::vector{second});
  s.submit(shutdown_thread{});
  s.flushed();
  const close_connection thread{s.uut.id(), ""};
  CHECK_EQ(s.take().closed_connections, std::vector{thread});
}

SCENARIO("a compaction's connection is closed when it is done") {
  scripted_session s{websocket_config(), model_with_limit(15)};
  s.turn("hello", "hi");
  s.submit(says("more"));
  s.take();
  s.model_says("summary");
  const close_connection expected{s.uut.id(), "1/compaction-1"};
  CHECK_EQ(s.take().closed_connections, std::vector{expected});
}

SCENARIO("a spent budget falls back to HTTP once, with a warning and a new budget") {
  scripted_session s{websocket_config()}; // two retries
  s.submit(says("hello"));
  s.take();
  CHECK(after_cut(s).open->request.origin.transport == model_transport::websocket_v2);
  CHECK(after_cut(s).open->request.origin.transport == model_transport::websocket_v2);
  auto fallen = after_cut(s);
  REQUIRE(fallen.open.has_value());
  CHECK(fallen.open->request.origin.transport == model_transport::http);
  CHECK_EQ(fallen.open->delay.count(), 0);
  REQUIRE_EQ(events_of<warning>(fallen).size(), 1u);
  CHECK_EQ(events_of<warning>(fallen)[0].message,
           "Falling back from WebSockets to HTTPS transport. cut");
  CHECK(events_of<stream_error>(fallen).empty());
  const close_connection everything{s.uut.id(), "", close_reason::fell_back_to_http};
  CHECK_EQ(fallen.closed_connections, std::vector{everything});
  CHECK_EQ(events_of<stream_error>(after_cut(s))[0].message, "Reconnecting... 1/2");
  CHECK_EQ(events_of<stream_error>(after_cut(s))[0].message, "Reconnecting... 2/2");
  auto last = after_cut(s);
  CHECK(!last.open.has_value());
  CHECK_EQ(events_of<turn_error>(last).size(), 1u);
}

SCENARIO("after a fallback all later turns use HTTP") {
  auto config = websocket_config();
  config.stream_max_retries = 0;
  scripted_session s{config};
  s.submit(says("hello"));
  s.take();
  CHECK(after_cut(s).open->request.origin.transport == model_transport::http);
  s.model_says("hi");
  s.flushed();
  s.take();
  s.submit(says("again"));
  CHECK(s.take().open->request.origin.transport == model_transport::http);
}

SCENARIO("a server that refuses WebSockets is believed for good and in silence") {
  scripted_session s{websocket_config()};
  s.submit(says("hello"));
  s.take();
  s.model({websocket_refused{}});
  auto out = s.take();
  CHECK(out.events.empty());
  CHECK(!out.open.has_value());
  CHECK(after_cut(s).open->request.origin.transport == model_transport::http);
}

SCENARIO("a failure that is final does not change the transport") {
  scripted_session s{websocket_config()};
  s.submit(says("hello"));
  s.take();
  s.stream_fails(failure(model_errc::invalid_request));
  s.flushed();
  CHECK(events_of<warning>(s.take()).empty());
  s.submit(says("again"));
  CHECK(s.take().open->request.origin.transport == model_transport::websocket_v2);
}

SCENARIO("a compaction never falls back by budget") {
  auto config = websocket_config();
  config.stream_max_retries = 0;
  scripted_session s{config, model_with_limit(15)};
  s.turn("hello", "hi");
  s.submit(says("more"));
  s.take();
  WHEN("its budget is spent") {
    auto out = after_cut(s);
    THEN("it fails") {
      CHECK(!out.open.has_value());
      CHECK(events_of<warning>(out).empty());
    }
  }
}

SCENARIO("a compaction believes a server that refuses WebSockets") {
  scripted_session s{websocket_config(), model_with_limit(15)};
  s.turn("hello", "hi");
  s.submit(says("more"));
  s.take();
  s.model({websocket_refused{}});
  CHECK(after_cut(s).open->request.origin.transport == model_transport::http);
}

SCENARIO("the status tells when all that a turn waits for is a place for its commands") {
  scripted_session s;
  s.submit(says("hello"));
  s.take();
  s.model({output_item_done{function_call("exec_command", "c1")},
           output_item_done{function_call("exec_command", "c2")}, response_completed{"r", {}}});
  s.take();
  const auto stage = [&](const std::string& call, call_stage x) {
    tool_progress news{.turn = "0", .events = {}, .call_id = call, .stage = x};
    s.uut.on_tool_progress(news, s.out);
  };
  CHECK(s.uut.summary().waits_for == wait_kind::tools);
  stage("c1", call_stage::waits_for_place);
  CHECK(s.uut.summary().waits_for == wait_kind::tools); // c2 runs
  const auto before = std::chrono::system_clock::now();
  stage("c2", call_stage::waits_for_place);
  CHECK(s.uut.summary().waits_for == wait_kind::command_place);
  CHECK(s.uut.summary().waits_since <= before); // that of c1
  stage("c1", call_stage::has_place);
  CHECK(s.uut.summary().waits_for == wait_kind::tools);
  stage("c1", call_stage::waits_for_place);
  s.tool_answers("c1", "");
  CHECK(s.uut.summary().waits_for == wait_kind::command_place);
  CHECK(s.uut.summary().waits_since >= before);
  s.tool_answers("c2", "");
  CHECK(s.uut.summary().waits_for == wait_kind::model);
}
