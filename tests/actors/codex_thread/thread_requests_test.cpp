#define CAF_SUITE thread_requests
#include <caf/test/bdd_dsl.hpp>

#include "thread_fixture.hpp"

using namespace troupe;
using namespace troupe::testing;

namespace {

struct fixture : thread_fixture {
  /// Questions about working directories that were not answered yet.
  struct question {
    std::string cwd;
    std::function<void(std::string)> answer;
  };
  std::vector<question> questions;

  void keep_questions() {
    read_workspace = [this](std::string cwd, std::function<void(std::string)> answer) {
      questions.push_back({std::move(cwd), std::move(answer)});
    };
  }
  void answer_questions(const std::string& json) {
    for (auto& x : std::exchange(questions, {}))
      x.answer(json);
    run();
  }

  thread_config openai() {
    auto x = config();
    x.remote_compaction = true;
    return x;
  }
  thread_config websocket() {
    auto x = config();
    x.origin.transport = model_transport::websocket_v2;
    return x;
  }

  std::size_t lines_of(line_kind kind) const {
    std::size_t count = 0;
    for (const auto& line : log->lines)
      count += line.kind == kind ? 1 : 0;
    return count;
  }

  ~fixture() { questions.clear(); }
};

compacted_history some_answer() {
  return {.output = {make_message("user", "kept by the provider")}, .error = {}};
}

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a remote compaction is asked of the model client and recorded") {
  spawn(openai());
  start();
  say("hello");
  model(one_message("hi"));
  log->compacted = some_answer();
  submit(compact_thread{});
  REQUIRE_EQ(log->compactions.size(), 1u);
  CHECK_EQ(log->compactions[0].provider, "test");
  CHECK_EQ(lines_of(line_kind::compacted), 1u);
  CHECK_EQ(count_of<task_complete>(*seen), 2u);
  CHECK_EQ(log->streams.size(), 1u);
  say("next");
  REQUIRE_EQ(log->streams.size(), 2u);
  CHECK_EQ(log->streams[1].request.input.size(), 4u); // context, kept message, next
}

SCENARIO("a failed remote compaction ends its turn only") {
  spawn(openai());
  start();
  say("hello");
  model(one_message("hi"));
  log->compacted = {.output = {},
                    .error = model_error{.code = model_errc::stream, .message = "bad shape"}};
  submit(compact_thread{});
  CHECK_EQ(count_of<turn_error>(*seen), 1u);
  CHECK_EQ(count_of<task_complete>(*seen), 2u);
  CHECK_EQ(log->compactions.size(), 1u);
  CHECK_EQ(log->streams.size(), 1u);
  CHECK_EQ(lines_of(line_kind::compacted), 0u);
  say("next");
  CHECK_EQ(log->streams.size(), 2u);
}

SCENARIO("a model client that is gone fails a remote compaction, which is told") {
  spawn(openai());
  start();
  say("hello");
  model(one_message("hi"));
  caf::anon_send_exit(services.client, caf::exit_reason::kill);
  run();
  submit(compact_thread{});
  CHECK_EQ(count_of<turn_error>(*seen), 1u);
  CHECK_EQ(count_of<task_complete>(*seen), 2u);
}

SCENARIO("a local compaction asks the model and goes on") {
  spawn(config());
  start();
  say("hello");
  model(one_message("hi"));
  submit(compact_thread{});
  REQUIRE_EQ(log->streams.size(), 2u);
  CHECK_EQ(log->streams[1].request.tools_json.str(), "[]");
  model(one_message("the summary"));
  CHECK_EQ(lines_of(line_kind::compacted), 1u);
  CHECK_EQ(count_of<task_complete>(*seen), 2u);
  CHECK_EQ(count_of<warning>(*seen), 1u);
}

SCENARIO("credit is granted to the stream of a compaction, too") {
  spawn(config());
  start();
  submit(compact_thread{});
  for (std::uint32_t i = 0; i < codex_thread::model_attempts::stream_window / 2; ++i)
    model({output_text_delta{"x"}});
  REQUIRE_EQ(log->credits.size(), 1u);
  CHECK_EQ(log->credits[0].messages, codex_thread::model_attempts::stream_window / 2);
}

SCENARIO("an interrupt cancels the stream of a compaction") {
  spawn(config());
  start();
  submit(compact_thread{});
  submit(interrupt_turn{});
  CHECK_EQ(log->cancels.size(), 1u);
  CHECK_EQ(count_of<turn_aborted>(*seen), 1u);
}

SCENARIO("a turn's request waits for the word on the working directory") {
  keep_questions();
  spawn(config());
  const auto started = start();
  CHECK(questions.empty()); // nothing is asked before there is a turn
  say("hello");
  CHECK(log->streams.empty());
  CHECK(ask<thread_summary>(thread_status_request{started.thread})->waits_for ==
        wait_kind::workspace);
  REQUIRE_EQ(questions.size(), 1u);
  CHECK_EQ(questions[0].cwd, "/work");
  answer_questions("meta");
  REQUIRE_EQ(log->streams.size(), 1u);
  CHECK_EQ(log->streams[0].request.origin.turn_metadata, "meta");
}

SCENARIO("a turn after one that ran a tool asks for the working directory again") {
  keep_questions();
  spawn(config());
  start();
  say("look");
  answer_questions("before");
  model({output_item_done{*parse_response_item(std::string_view{
           R"({"type":"function_call","name":"exec_command","arguments":"{}","call_id":"c1"})"})},
         response_completed{"r", {}}});
  model(one_message("done"));
  say("again");
  CHECK_EQ(questions.size(), 1u);
  answer_questions("after");
  CHECK_EQ(log->streams.back().request.origin.turn_metadata, "after");
}

SCENARIO("a thread can end while it waits for the word on its directory") {
  keep_questions();
  spawn(config());
  start();
  say("hello");
  self->monitor(uut);
  caf::anon_send_exit(uut, caf::exit_reason::user_shutdown);
  run();
  bool down = false;
  self->receive([&](const caf::down_msg&) { down = true; });
  CHECK(down);
  answer_questions("late");
  CHECK(log->streams.empty());
}

SCENARIO("a thread with a WebSocket prepares its connection and closes it with each turn") {
  keep_questions();
  spawn(websocket());
  const auto started = start();
  CHECK(log->prepared.empty());
  answer_questions("meta");
  REQUIRE_EQ(log->prepared.size(), 1u);
  CHECK_EQ(log->prepared[0].thread, started.thread);
  CHECK_EQ(log->prepared[0].origin.turn_metadata, "meta");
  say("hello");
  answer_questions("");
  CHECK(log->closed_connections.empty());
  model(one_message("hi"));
  const close_connection turn{started.thread, "0"};
  CHECK_EQ(log->closed_connections, std::vector{turn});
  submit(shutdown_thread{});
  const close_connection thread{started.thread, ""};
  REQUIRE_EQ(log->closed_connections.size(), 2u);
  CHECK_EQ(log->closed_connections[1], thread);
}

END_FIXTURE_SCOPE()
