#define CAF_SUITE compaction
#include <caf/test/bdd_dsl.hpp>

#include "actors/codex_thread/compaction_history.hpp"
#include "scripted_turn.hpp"

using namespace troupe;
using namespace troupe::codex_thread;
using namespace troupe::codex_thread::testing;

using strings = std::vector<std::string>;

namespace {

constexpr std::int64_t limit = 1'000;

/// A thread that has spoken once and has used `used` tokens of its limit of 1,000.
struct used_thread : scripted_session {
  explicit used_thread(std::int64_t used, thread_config config = some_config())
    : scripted_session(std::move(config), model_with_limit(limit)) {
    turn("first question", "first answer", usage(used, 0));
  }
};

std::string prefixed(std::string_view text) {
  return std::string{summary_prefix} + '\n' + std::string{text};
}

std::string first_line(const effects& x, line_kind kind) {
  for (const auto& line : x.lines)
    if (line.kind == kind)
      return line.payload_json.str();
  return {};
}

} // namespace

SCENARIO("usage at the limit compacts before the user's message is recorded") {
  used_thread s{limit};
  s.submit(says("second question"));
  auto asked = s.take();
  CHECK_EQ(events_of<task_started>(asked).size(), 1u);
  CHECK_EQ(line_names(asked), strings{"turn_context"});
  REQUIRE(asked.open.has_value());
  CHECK_EQ(input_texts(asked.open->request.input).back(), default_compact_prompt);
  WHEN("the model has written its summary") {
    s.model_says("the summary");
    auto done = s.take();
    THEN("the message is recorded behind it and the model is asked with both") {
      CHECK_EQ(line_names(done), (strings{"event:token_count", "event:token_count", "compacted",
                                          "event:context_compacted", "item:message",
                                          "event:user_message", "turn_context"}));
      REQUIRE(done.open.has_value());
      const auto input = input_texts(done.open->request.input);
      REQUIRE_EQ(input.size(), 5u); // permissions, environment, question, summary, question
      CHECK_EQ(input[2], "first question");
      CHECK_EQ(input[3], prefixed("the summary"));
      CHECK_EQ(input[4], "second question");
    }
  }
}

SCENARIO("usage below the limit compacts nothing") {
  used_thread s{limit - 1};
  s.submit(says("second question"));
  CHECK_EQ(input_texts(s.take().open->request.input).back(), "second question");
}

SCENARIO("usage over the limit with a tool call pending compacts and goes on") {
  used_thread s{10};
  s.submit(says("look"));
  s.take();
  s.model({output_item_done{function_call("exec_command", "c1")},
           response_completed{"r", usage(limit, 0)}});
  s.tool_answers("c1", "found");
  auto asked = s.take();
  REQUIRE(asked.open.has_value());
  CHECK_EQ(input_texts(asked.open->request.input).back(), default_compact_prompt);
  s.model_says("the summary");
  auto next = s.take();
  REQUIRE(next.open.has_value());
  CHECK_EQ(input_texts(next.open->request.input).back(), prefixed("the summary"));
  s.model_says("done");
  CHECK(s.take().flush == flush_goal::turn_end);
}

SCENARIO("usage over the limit after a final answer waits for the next turn") {
  used_thread s{10};
  s.submit(says("look"));
  s.take();
  s.model_says("done", usage(limit, 0));
  auto out = s.take();
  CHECK(!out.open.has_value());
  CHECK(out.flush == flush_goal::turn_end);
}

SCENARIO("outputs that came since the last response count against the limit") {
  used_thread s{10};
  s.submit(says("look"));
  s.take();
  s.model({output_item_done{function_call("exec_command", "c1")},
           response_completed{"r", usage(limit - 100, 0)}});
  s.tool_answers("c1", std::string(400, 'x'));
  CHECK_EQ(input_texts(s.take().open->request.input).back(), default_compact_prompt);
}

SCENARIO("a summary is asked for without tools, and the question is not kept") {
  used_thread s{limit};
  auto schema = says("second question");
  schema.output_schema_json = shared_text{R"({"type":"object"})"};
  s.submit(schema);
  const auto request = s.take().open->request;
  CHECK_EQ(request.tools_json.str(), "[]");
  CHECK(!request.parallel_tool_calls);
  CHECK(request.output_schema_json.empty());
  CHECK_EQ(request.origin.turn, "1/compaction-1");
  s.model_says("the summary");
  const auto next = s.take().open->request;
  CHECK_EQ(next.tools_json, some_tools());
  CHECK_EQ(next.output_schema_json, schema.output_schema_json);
  CHECK_EQ(next.origin.turn, "1");
  for (const auto& text : input_texts(next.input))
    CHECK(text != default_compact_prompt);
}

SCENARIO("a configured prompt replaces the built-in one") {
  auto config = some_config();
  config.compact_prompt = shared_text{"Sum it up."};
  used_thread s{limit, config};
  s.submit(says("second question"));
  CHECK_EQ(input_texts(s.take().open->request.input).back(), "Sum it up.");
}

SCENARIO("a compaction is shown as an item of the turn, and a warning follows it") {
  used_thread s{limit};
  s.submit(says("second question"));
  auto started = s.take();
  REQUIRE_EQ(events_of<item_started>(started).size(), 1u);
  const auto item = std::get<context_compaction_item>(events_of<item_started>(started)[0].item);
  CHECK(!item.id.empty());
  s.model_says("the summary");
  auto done = s.take();
  CHECK_EQ(std::get<context_compaction_item>(events_of<item_completed>(done)[0].item), item);
  CHECK_EQ(events_of<warning>(done).size(), 1u);
  // What the model wrote is no message of the conversation.
  CHECK(events_of<agent_message_delta>(done).empty());
  CHECK_EQ(events_of<raw_response_item>(done).size(), 1u); // the question that follows
}

SCENARIO("after a compaction usage is what the new history is estimated at") {
  used_thread s{limit};
  s.submit(says("second question"));
  s.take();
  s.model_says("the summary", usage(50, 5));
  auto done = s.take();
  const auto counts = events_of<token_count>(done);
  REQUIRE_EQ(counts.size(), 2u);
  CHECK_EQ(counts[0].usage->last.total_tokens, 55);
  std::vector<response_item> kept;
  auto expected = estimated_tokens(std::string_view{"Be brief."});
  for (const auto& json : done.open->request.input)
    expected += estimated_tokens(json.view());
  expected -= estimated_tokens(make_message("user", "second question"));
  CHECK_EQ(counts[1].usage->last.total_tokens, expected);
  CHECK_EQ(counts[1].usage->last.input_tokens, 0);
  CHECK_EQ(counts[1].usage->total.total_tokens, limit + 55);
}

SCENARIO("the rollout gets the summary, and a resumed thread continues from it") {
  used_thread s{limit};
  s.submit(says("second question"));
  s.take();
  s.model_says("the summary");
  auto done = s.take();
  const auto record = first_line(done, line_kind::compacted);
  CHECK_EQ(record, compacted_line_json(prefixed("the summary"), std::nullopt));
  const auto rebuilt = rebuild({{line_kind::item, make_message("user", "first question").json},
                                {line_kind::item, make_message("assistant", "first answer").json},
                                {line_kind::compacted, shared_text{record}}},
                               {make_message("developer", "rules")});
  REQUIRE_EQ(rebuilt.items.size(), 3u);
  CHECK_EQ(message_text(rebuilt.items[1], "input_text"), "first question");
  CHECK_EQ(message_text(rebuilt.items[2], "input_text"), prefixed("the summary"));
}

SCENARIO("a second compaction does not carry the first summary along") {
  used_thread s{limit};
  s.submit(says("second question"));
  s.take();
  s.model_says("summary one");
  s.take();
  s.model_says("second answer", usage(limit, 0));
  s.flushed();
  s.take();
  s.submit(says("third question"));
  s.take();
  s.model_says("summary two");
  const auto input = input_texts(s.take().open->request.input);
  REQUIRE_EQ(input.size(), 6u);
  CHECK_EQ(input[2], "first question");
  CHECK_EQ(input[3], "second question");
  CHECK_EQ(input[4], prefixed("summary two"));
  CHECK_EQ(input[5], "third question");
}

SCENARIO("an overflow drops one oldest item per retry and tells how many") {
  used_thread s{limit};
  s.submit(says("second question"));
  auto asked = s.take();
  const auto all = asked.open->request.input.size();
  for (std::size_t i = 1; i <= 2; ++i) {
    s.stream_fails(failure(model_errc::context_window_exceeded));
    asked = s.take();
    REQUIRE(asked.open.has_value());
    CHECK_EQ(asked.open->request.input.size(), all - i);
    CHECK_EQ(asked.open->delay.count(), 0);
    CHECK(events_of<stream_error>(asked).empty());
    CHECK(line_names(asked).empty()); // the turn context stands once, not per attempt
  }
  s.model_says("the summary");
  auto done = s.take();
  REQUIRE_EQ(events_of<background_event>(done).size(), 1u);
  CHECK(events_of<background_event>(done)[0].message.find(" 2 ") != std::string::npos);
  // The user's words are taken from the whole history.
  CHECK_EQ(input_texts(done.open->request.input)[2], "first question");
}

SCENARIO("a history that cannot be made shorter fails as full") {
  used_thread s{limit};
  s.submit(says("second question"));
  auto out = s.take();
  for (auto left = out.open->request.input.size(); left > 1; --left) {
    s.stream_fails(failure(model_errc::context_window_exceeded));
    out = s.take();
    REQUIRE(out.open.has_value());
  }
  s.stream_fails(failure(model_errc::context_window_exceeded, "full"));
  out = s.take();
  CHECK(!out.open.has_value());
  CHECK_EQ(events_of<turn_error>(out).size(), 1u);
  CHECK(events_of<turn_error>(out)[0].info == error_class::context_window_exceeded);
  CHECK_EQ(events_of<token_count>(out).back().usage->total.total_tokens, 95'000);
  CHECK(out.flush == flush_goal::turn_end);
}

SCENARIO("every other failure is tried again, without the delay that the provider asks for") {
  used_thread s{limit};
  s.submit(says("second question"));
  s.take();
  auto error = failure(model_errc::invalid_request, "no");
  error.retry_after = std::chrono::hours{1};
  s.stream_fails(error);
  auto out = s.take();
  REQUIRE(out.open.has_value());
  CHECK(out.open->delay < std::chrono::seconds{1});
  CHECK_EQ(events_of<stream_error>(out)[0].message, "Reconnecting... 1/2");
  CHECK(s.uut.summary().waits_for == wait_kind::retry_delay);
  s.stream_fails(error);
  CHECK_EQ(events_of<stream_error>(s.take())[0].message, "Reconnecting... 2/2");
  s.stream_fails(error);
  out = s.take();
  CHECK_EQ(events_of<turn_error>(out)[0].message, "no");
  // Of the user's message alone, which is kept like that of any failed turn.
  CHECK_EQ(events_of<item_completed>(out).size(), 1u);
  CHECK(out.flush == flush_goal::turn_end);
}

SCENARIO("what a failed compaction brought leaves no trace in the history") {
  auto config = some_config();
  config.stream_max_retries = 0;
  used_thread s{limit, config};
  s.submit(says("second question"));
  s.take();
  s.model({output_item_done{assistant("half a summary")}});
  s.stream_fails(failure(model_errc::stream));
  s.flushed();
  auto out = s.take();
  CHECK(!events_of<task_complete>(out)[0].last_agent_message.has_value());
  s.submit(says("third question"));
  const auto input = input_texts(s.take().open->request.input);
  REQUIRE_EQ(input.size(), 6u);
  CHECK_EQ(input[3], "first answer");
  CHECK_EQ(input[4], "second question");
  CHECK_EQ(input[5], default_compact_prompt);
}

SCENARIO("a stream that just ends is tried again") {
  used_thread s{limit};
  s.submit(says("second question"));
  s.take();
  s.uut.on_stream_ended({.stream = s.uut.stream(), .error = {}, .limits = {}}, s.out);
  CHECK_EQ(events_of<stream_error>(s.take()).size(), 1u);
}

SCENARIO("an interrupt during a compaction cancels it and keeps the history") {
  used_thread s{limit};
  s.submit(says("second question"));
  s.take();
  const auto stream = s.uut.stream();
  s.submit(interrupt_turn{});
  auto out = s.take();
  CHECK(out.cancel_stream);
  CHECK_EQ(line_names(out),
           (strings{"item:message", "event:user_message", "item:message", "event:turn_aborted"}));
  model_events late{stream, {output_item_done{assistant("late")}, response_completed{"r", {}}}};
  s.uut.on_model_events(late, s.out);
  CHECK(s.take().lines.empty());
  s.uut.on_flushed(flush_goal::turn_end, {}, s.out);
  CHECK_EQ(events_of<turn_aborted>(s.take()).size(), 1u);
  s.submit(says("again"));
  CHECK_EQ(input_texts(s.take().open->request.input)[3], "first answer");
}

SCENARIO("a manual compaction is a turn of its own") {
  used_thread s{10};
  const auto receipt = s.submit(compact_thread{});
  CHECK_EQ(std::get<submitted>(receipt).id, "1");
  auto asked = s.take();
  CHECK_EQ(events_of<task_started>(asked).size(), 1u);
  CHECK_EQ(line_names(asked), strings{"turn_context"});
  CHECK(s.uut.summary().waits_for == wait_kind::model);
  s.model_says("the summary");
  auto done = s.take();
  CHECK(!done.open.has_value());
  CHECK(done.flush == flush_goal::turn_end);
  s.uut.on_flushed(flush_goal::turn_end, {}, s.out);
  auto last = s.take();
  REQUIRE_EQ(events_of<task_complete>(last).size(), 1u);
  CHECK(!events_of<task_complete>(last)[0].last_agent_message.has_value());
  s.submit(says("next"));
  CHECK_EQ(input_texts(s.take().open->request.input)[3], prefixed("the summary"));
}

SCENARIO("a manual compaction that fails tells the error and ends its turn") {
  auto config = some_config();
  config.stream_max_retries = 0;
  used_thread s{10, config};
  s.submit(compact_thread{});
  s.take();
  s.stream_fails(failure(model_errc::stream, "cut"));
  s.flushed();
  auto out = s.take();
  CHECK_EQ(events_of<turn_error>(out)[0].message, "cut");
  CHECK_EQ(events_of<task_complete>(out).size(), 1u);
}

SCENARIO("a running turn gives way to a manual compaction, input waits for its end") {
  used_thread s{10};
  s.submit(says("working"));
  s.take();
  s.submit(compact_thread{});
  auto out = s.take();
  CHECK(out.cancel_stream);
  CHECK_EQ(line_names(out), strings{"event:turn_aborted"}); // no marker: nobody interrupted
  s.uut.on_flushed(flush_goal::turn_end, {}, s.out);
  out = s.take();
  CHECK(events_of<turn_aborted>(out)[0].reason == abort_reason::replaced);
  REQUIRE(out.open.has_value());
  CHECK_EQ(input_texts(out.open->request.input).back(), default_compact_prompt);
  // Input waits for the compaction and is a turn of its own then.
  s.submit(says("meanwhile"));
  CHECK(!s.take().open.has_value());
  s.model_says("the summary");
  s.flushed();
  CHECK_EQ(input_texts(s.take().open->request.input).back(), "meanwhile");
}

SCENARIO("a resumed thread is given its context before a manual compaction") {
  scripted_session s;
  session uut{some_config(), [](const auto&, const auto&) { return some_tools(); }, {}};
  uut.set_id(new_thread_id());
  uut.set_model(some_model());
  effects out;
  uut.start_resumed({.thread = uut.id(), .path = "/p", .lines = {}}, out);
  uut.on_flushed(flush_goal::session_start, {}, out);
  out = {};
  uut.submit({.id = {}, .op = compact_thread{}}, out);
  uut.on_model_facts(some_model(), out);
  CHECK_EQ(line_names(out), (strings{"item:message", "item:message"}));
  CHECK_EQ(events_of<task_started>(out).size(), 1u);
}
