#define CAF_SUITE outcomes
#include <caf/test/bdd_dsl.hpp>

#include "scripted_turn.hpp"

#include <algorithm>

using namespace troupe;
using namespace troupe::codex_thread;
using namespace troupe::codex_thread::testing;

using strings = std::vector<std::string>;

namespace {

exec_command_end end_of(std::string call) {
  exec_command_end x;
  x.begin.call_id = std::move(call);
  x.exit_code = 0;
  return x;
}

void progress(scripted_session& s, std::string turn, event_msg msg) {
  tool_progress x{.turn = std::move(turn), .events = {std::move(msg)}};
  s.uut.on_tool_progress(x, s.out);
}

/// A turn whose model calls two commands in one response.
struct two_calls : scripted_session {
  two_calls() {
    submit(says("look"));
    take();
    model({output_item_done{function_call("exec_command", "c1")},
           output_item_done{function_call("exec_command", "c2")},
           response_completed{"r", usage(10, 5)}});
    take();
  }
};

rollout_line item(const response_item& x) {
  return {line_kind::item, x.json};
}
rollout_line output(std::string_view call) {
  return item(make_tool_output(function_call("exec_command", call), "of " + std::string{call}));
}
rollout_line context() {
  return {line_kind::context, shared_text{R"({"model":"m"})"}};
}
rollout_line tokens(int total) {
  return {line_kind::event,
          shared_text{R"({"type":"token_count","info":{"total_token_usage":{"total_tokens":)" +
                      std::to_string(total) + R"(}},"rate_limits":null})"}};
}
rollout_line call(std::string_view id) {
  return item(function_call("exec_command", id));
}

strings rebuilt(const std::vector<rollout_line>& lines) {
  strings result;
  for (const auto& x : rebuild(lines, {}).items)
    result.push_back(is_tool_call(x)         ? "call " + x.call_id
                     : is_tool_output(x)     ? "output " + x.call_id
                     : x.role == "assistant" ? message_text(x, "output_text")
                                             : message_text(x, "input_text"));
  return result;
}

} // namespace

SCENARIO("the end of a command is told when its output is written") {
  GIVEN("two commands of one response") {
    two_calls s;
    WHEN("one of them ends") {
      progress(s, "0", end_of("c1"));
      CHECK(s.take().events.empty());
      s.tool_answers("c1", "one");
      auto out = s.take();
      THEN("its output goes to the rollout at once, and its end is told behind it") {
        CHECK_EQ(line_names(out), strings{"item:function_call_output"});
        REQUIRE_EQ(out.events.size(), 1u);
        CHECK(std::holds_alternative<exec_command_end>(out.events[0].msg));
        CHECK(out.events[0].after_lines);
      }
    }
    WHEN("a patch ends, and its diff follows") {
      progress(s, "0", patch_apply_end{.call_id = "c2"});
      progress(s, "0", turn_diff{"diff"});
      CHECK(s.take().events.empty());
      s.tool_answers("c2", "two");
      THEN("both wait for the output, in order") {
        auto out = s.take();
        REQUIRE(out.events.size() >= 2u); // then come the items
        CHECK(std::holds_alternative<patch_apply_end>(out.events[0].msg));
        CHECK(std::holds_alternative<turn_diff>(out.events[1].msg));
      }
    }
    WHEN("a process of an earlier call ends") {
      progress(s, "0", end_of("earlier"));
      THEN("that is told: its output was written long ago") {
        CHECK_EQ(events_of<exec_command_end>(s.take()).size(), 1u);
      }
    }
  }
}

SCENARIO("the end of a process is told when the answer of the call that reads from it is written") {
  GIVEN("a process of an earlier call, and a call that reads from it") {
    scripted_session s;
    s.submit(says("look"));
    s.take();
    s.model({output_item_done{function_call("write_stdin", "c2", R"({"session_id":7})")},
             response_completed{"r", usage(10, 5)}});
    s.take();
    auto end = end_of("c1");
    WHEN("it ends") {
      end.begin.process_id = "7";
      progress(s, "0", end);
      CHECK(s.take().events.empty());
      s.tool_answers("c2", "Process exited with code 0");
      THEN("that waits for the lines that say so") {
        const auto out = s.take();
        REQUIRE(!out.events.empty());
        CHECK(std::holds_alternative<exec_command_end>(out.events[0].msg));
        CHECK(out.events[0].after_lines);
      }
    }
    WHEN("another one ends") {
      end.begin.process_id = "8";
      progress(s, "0", end);
      THEN("that is told at once") {
        CHECK_EQ(events_of<exec_command_end>(s.take()).size(), 1u);
      }
    }
  }
}

SCENARIO("what a tool did counts when the response of its call fails") {
  GIVEN("a response in the middle of which one of two commands ends") {
    scripted_session s;
    s.submit(says("look"));
    s.take();
    s.model({output_item_done{function_call("exec_command", "c1")},
             output_item_done{function_call("exec_command", "c2")}});
    s.tool_answers("c1", "one");
    s.take();
    WHEN("the stream fails, the second attempt brings another call") {
      s.stream_fails(failure(model_errc::stream));
      s.take();
      s.model({output_item_done{function_call("exec_command", "c3")},
               response_completed{"r", usage(10, 5)}});
      s.tool_answers("c3", "three");
      auto out = s.take();
      THEN("the next request says what the first did, and that the second was aborted") {
        REQUIRE(out.open.has_value());
        const auto& input = out.open->request.input;
        const auto has = [&input](std::string_view text) {
          return std::ranges::any_of(
            input, [text](const shared_text& x) { return x.view().find(text) != x.view().npos; });
        };
        CHECK(has(R"("call_id":"c1","output":"one")"));
        CHECK(has(R"("call_id":"c2","output":"aborted")"));
        CHECK(has(R"("call_id":"c3","output":"three")"));
      }
    }
  }
}

SCENARIO("a rebuilt history has outputs where the model read them") {
  GIVEN("outputs in the order in which tools ended, one before the next call came") {
    const std::vector<rollout_line> lines{item(make_message("user", "go")),
                                          context(),
                                          call("a"),
                                          output("a"),
                                          call("b"),
                                          call("c"),
                                          tokens(1),
                                          output("c"),
                                          item(make_message("user", "note of b")),
                                          output("b"),
                                          item(make_message("user", "more")),
                                          context(),
                                          item(make_message("assistant", "done")),
                                          tokens(2)};
    THEN("they follow the response in the order of the calls, notes before theirs, input behind") {
      CHECK_EQ(rebuilt(lines), (strings{"go", "call a", "call b", "call c", "output a", "note of b",
                                        "output b", "output c", "more", "done"}));
    }
  }
  GIVEN("a crash while the second of two calls ran") {
    const std::vector<rollout_line> lines{
      item(make_message("user", "go")), context(), call("a"), call("b"), tokens(1), output("b")};
    THEN("the outcome that was written is there") {
      CHECK_EQ(rebuilt(lines), (strings{"go", "call a", "call b", "output b"}));
    }
  }
  GIVEN("a file of another program: one context line for a turn of three responses") {
    const std::vector<rollout_line> lines{item(make_message("user", "go")),
                                          context(),
                                          call("a"),
                                          tokens(1),
                                          output("a"),
                                          call("b"),
                                          tokens(2),
                                          output("b"),
                                          item(make_message("assistant", "done")),
                                          tokens(3)};
    THEN("each output stays with its response") {
      CHECK_EQ(rebuilt(lines), (strings{"go", "call a", "output a", "call b", "output b", "done"}));
    }
  }
  GIVEN("a file without such marks") {
    const std::vector<rollout_line> lines{
      item(make_message("user", "go")),   call("a"), output("a"),
      item(make_message("user", "more")), call("b"), output("b")};
    THEN("it is taken as it stands") {
      CHECK_EQ(rebuilt(lines), (strings{"go", "call a", "output a", "more", "call b", "output b"}));
    }
  }
}
