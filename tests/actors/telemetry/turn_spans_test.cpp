#define CAF_SUITE turn_spans
#include <caf/test/bdd_dsl.hpp>

#include "actors/telemetry/otlp_json.hpp"
#include "actors/telemetry/turn_spans.hpp"

#include <string>

using namespace std::literals;
using namespace troupe;
using namespace troupe::telemetry;

namespace {

struct fixture {
  open_traces traces{1};
  turn_spans uut{config::prompt_logging::off, traces};
  thread_id thread{{1}};
  span::time_point now{1000s};
  std::vector<span> out;

  void on(event_msg msg, std::string turn = "t1") {
    now += 1s;
    uut.on_event(thread, {.number = 0, .turn = std::move(turn), .msg = std::move(msg)}, now, out);
  }

  static exec_command_begin command(std::string call) {
    return {.call_id = std::move(call), .process_id = {}, .command = {"secret-command"}, .cwd = {}};
  }

  static exec_command_end command_end(std::string call, int exit_code) {
    return {.begin = command(std::move(call)),
            .standard_output = "secret-output",
            .exit_code = exit_code};
  }

  static const attribute* find(const span& x, std::string_view key) {
    for (const auto& a : x.attributes)
      if (a.key == key)
        return &a;
    return nullptr;
  }

  static std::string text(const span& x, std::string_view key) {
    const auto* found = find(x, key);
    return found ? std::get<std::string>(found->value) : "";
  }

  static std::int64_t number(const span& x, std::string_view key) {
    const auto* found = find(x, key);
    return found ? std::get<std::int64_t>(found->value) : -1;
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a turn is a span from its start to its end, and a trace of its own") {
  session_configured configured;
  configured.model = "gpt";
  configured.model_provider_id = "mock";
  on(configured, "");
  on(task_started{});
  const auto begin = now;
  on(task_complete{});
  on(task_started{}, "t2");
  on(task_complete{}, "t2");
  REQUIRE_EQ(out.size(), 2u);
  CHECK_EQ(out[0].name, "turn");
  CHECK(out[0].begin == begin);
  CHECK(out[0].end == begin + 1s);
  CHECK(!out[0].parent);
  CHECK(out[0].status == span_status::ok);
  CHECK_EQ(text(out[0], "thread.id"), to_string(thread));
  CHECK_EQ(text(out[0], "turn.id"), "t1");
  CHECK_EQ(text(out[0], "gen_ai.request.model"), "gpt");
  CHECK_EQ(text(out[0], "gen_ai.provider.name"), "mock");
  CHECK(out[0].trace != out[1].trace);
  CHECK(out[0].id != out[1].id);
}

SCENARIO("commands and patches are parts of their tool calls, which are parts of the turn") {
  on(task_started{});
  on(command("c1"));
  on(patch_apply_begin{.call_id = "c2"});
  const auto turn = traces.turn(thread, "t1");
  const auto first = traces.tool(thread, "t1", "c1");
  const auto second = traces.tool(thread, "t1", "c2");
  on(command_end("c1", 0));
  on(patch_apply_end{.call_id = "c2", .success = false});
  on(task_complete{});
  REQUIRE_EQ(out.size(), 3u);
  CHECK_EQ(out[0].name, "command");
  CHECK(out[0].status == span_status::ok);
  CHECK_EQ(number(out[0], "process.exit.code"), 0);
  CHECK_EQ(text(out[0], "tool.call_id"), "c1");
  CHECK(out[0].parent == first.span);
  CHECK_EQ(out[1].name, "patch");
  CHECK(out[1].status == span_status::error);
  CHECK(out[1].parent == second.span);
  CHECK(first.parent == out[2].id);
  CHECK(second.parent == out[2].id);
  CHECK(out[2].id == turn.span);
  for (const auto& x : out)
    CHECK(x.trace == turn.trace);
}

SCENARIO("who asked for a turn's span before its first event came has the right one") {
  const auto early = traces.part_of(thread, "t1");
  on(task_started{});
  on(task_complete{});
  REQUIRE_EQ(out.size(), 1u);
  CHECK(out[0].trace == early.trace);
  CHECK(out[0].id == early.parent);
}

SCENARIO("a resumed thread's turns have the same names and other spans") {
  on(task_started{});
  on(task_complete{});
  uut.on_closed(thread, now, out);
  on(task_started{});
  on(task_complete{});
  REQUIRE_EQ(out.size(), 2u);
  CHECK(out[0].trace != out[1].trace);
  CHECK(out[0].id != out[1].id);
}

SCENARIO("a turn that failed or was interrupted says why, in one word") {
  on(task_started{});
  on(turn_error{.message = "secret text", .info = error_class::usage_limit_exceeded});
  on(task_complete{});
  on(task_started{}, "t2");
  on(turn_aborted{.reason = abort_reason::interrupted}, "t2");
  REQUIRE_EQ(out.size(), 2u);
  CHECK(out[0].status == span_status::error);
  CHECK_EQ(text(out[0], "error.type"), "usage_limit_exceeded");
  CHECK_EQ(text(out[1], "error.type"), "interrupted");
}

SCENARIO("tokens and retries of a turn are its own, not the thread's so far") {
  const auto count = [](std::int64_t total, std::int64_t last) {
    token_usage_info x;
    x.total = {.input_tokens = total, .output_tokens = total / 10};
    x.last = {.input_tokens = last, .output_tokens = last / 10};
    return token_count{.usage = x, .rate_limits = {}};
  };
  on(task_started{});
  on(count(1000, 100));
  on(count(1000, 100)); // again, with other rate limits
  on(stream_error{});
  on(count(1300, 300));
  on(task_complete{});
  REQUIRE_EQ(out.size(), 1u);
  CHECK_EQ(number(out[0], "gen_ai.usage.input_tokens"), 400);
  CHECK_EQ(number(out[0], "gen_ai.usage.output_tokens"), 40);
  CHECK_EQ(number(out[0], "stream.retries"), 1);
}

SCENARIO("a turn that was under way begins with the first event that is seen") {
  on(command("c1"));
  const auto begin = now;
  on(command_end("c1", 1));
  on(task_complete{});
  REQUIRE_EQ(out.size(), 2u);
  CHECK(out[1].begin == begin);
}

SCENARIO("what comes of a turn after its end begins no other one") {
  on(task_started{});
  on(task_complete{});
  on(token_count{});
  on(task_complete{});
  on(turn_aborted{}, "t0");
  uut.close_all(now, out);
  CHECK_EQ(out.size(), 1u);
}

SCENARIO("what is open ends with the turn, the thread or the node") {
  on(task_started{});
  on(command("c1"));
  uut.on_closed({{2}}, now, out);
  CHECK(out.empty());
  uut.on_closed(thread, now, out);
  REQUIRE_EQ(out.size(), 2u);
  CHECK_EQ(out[0].name, "command");
  CHECK(out[0].status == span_status::error);
  CHECK_EQ(text(out[1], "error.type"), "thread_closed");
  on(task_started{}, "t2");
  uut.close_all(now, out);
  CHECK_EQ(out.size(), 3u);
}

SCENARIO("tools beyond the limit have no span") {
  on(task_started{});
  for (std::size_t i = 0; i < turn_spans::max_open_tools + 5; ++i)
    on(command(std::to_string(i)));
  on(task_complete{});
  CHECK_EQ(out.size(), turn_spans::max_open_tools + 1);
}

SCENARIO("prompts are told only when asked for, and cut; other texts never") {
  const item_completed message{
    user_message_item{.id = "1", .content = {text_input{std::string(20'000, 'p')}}}};
  turn_error error;
  error.message = "secret text";
  for (auto prompts : {config::prompt_logging::off, config::prompt_logging::on}) {
    uut = turn_spans{prompts, traces};
    out.clear();
    on(task_started{});
    on(message);
    on(command("c"));
    on(command_end("c", 0));
    on(error);
    on(task_complete{.last_agent_message = "secret answer"});
    const auto prompt = text(out.back(), "prompt");
    CHECK_EQ(prompt.size(),
             prompts == config::prompt_logging::on ? turn_spans::max_prompt_bytes : 0u);
    CHECK_EQ(otlp_json({}, out).find("secret"), std::string::npos);
  }
}

SCENARIO("ids are never nothing but zeros and do not repeat") {
  std::vector<span_id> ids;
  for (int i = 0; i < 1000; ++i) {
    on(task_started{}, std::to_string(i));
    on(task_complete{}, std::to_string(i));
  }
  for (const auto& x : out) {
    CHECK(x.id != span_id{});
    CHECK(x.trace != trace_id{});
    ids.push_back(x.id);
  }
  std::ranges::sort(ids);
  CHECK(std::ranges::adjacent_find(ids) == ids.end());
}

END_FIXTURE_SCOPE()
