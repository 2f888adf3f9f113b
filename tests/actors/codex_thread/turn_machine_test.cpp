#define CAF_SUITE turn_machine
#include <caf/test/bdd_dsl.hpp>

#include "scripted_turn.hpp"

using namespace troupe;
using namespace troupe::codex_thread;
using namespace troupe::codex_thread::testing;

using strings = std::vector<std::string>;

SCENARIO("a plain turn records the input, asks the model and ends after its lines are safe") {
  GIVEN("a session that has started") {
    scripted_session s;
    WHEN("the user speaks") {
      s.submit(says("hello"));
      auto first = s.take();
      THEN("input and turn context are written and a stream is opened") {
        CHECK_EQ(line_names(first),
                 (strings{"item:message", "event:user_message", "turn_context"}));
        REQUIRE(first.open.has_value());
        CHECK_EQ(first.open->request.model, "test-model");
        CHECK_EQ(first.open->request.input.size(), 3u); // permissions, environment, hello
        CHECK_EQ(
          first.open->request.input.back().str(),
          R"({"type":"message","role":"user","content":[{"type":"input_text","text":"hello"}]})");
        CHECK_EQ(events_of<task_started>(first).front().model_context_window, 95'000);
      }
      WHEN("the model answers") {
        s.model_says("hi");
        auto second = s.take();
        THEN("the message event stands before the item, and nobody hears of the end yet") {
          CHECK_EQ(line_names(second),
                   (strings{"event:agent_message", "item:message", "event:token_count"}));
          CHECK(second.flush == flush_goal::turn_end);
          CHECK(events_of<task_complete>(second).empty());
          s.uut.on_flushed(flush_goal::turn_end, {}, s.out);
          auto last = s.take();
          REQUIRE_EQ(events_of<task_complete>(last).size(), 1u);
          CHECK_EQ(events_of<task_complete>(last).front().last_agent_message, "hi");
          CHECK(s.uut.summary().state == thread_state::idle);
        }
      }
    }
  }
}

SCENARIO("a turn whose lines cannot be written fails with the cause and the thread lives") {
  GIVEN("a turn that waits for its lines") {
    scripted_session s;
    s.submit(says("hello"));
    s.model_says("hi");
    s.take();
    WHEN("the recorder reports a full disk") {
      s.uut.on_flushed(flush_goal::turn_end, "No space left on device", s.out);
      auto last = s.take();
      THEN("an error precedes the end") {
        REQUIRE_EQ(events_of<turn_error>(last).size(), 1u);
        CHECK_EQ(events_of<turn_error>(last).front().message,
                 "the turn could not be recorded: No space left on device");
        CHECK(!events_of<task_complete>(last).front().last_agent_message.has_value());
        CHECK(std::holds_alternative<submitted>(s.submit(says("again"))));
        CHECK(s.take().open.has_value());
      }
    }
  }
}

SCENARIO("an output is written when its tool ends, and the model reads all in the order of the "
         "calls") {
  GIVEN("a turn whose model calls two commands") {
    scripted_session s;
    s.submit(says("look"));
    s.take();
    s.model({output_item_done{function_call("exec_command", "c1")},
             output_item_done{function_call("exec_command", "c2")},
             response_completed{"r", usage(10, 5)}});
    auto called = s.take();
    REQUIRE_EQ(called.tools.size(), 2u);
    CHECK_EQ(called.tools[0].call_id, "c1");
    CHECK(!called.open.has_value());
    WHEN("the second finishes first") {
      s.tool_answers("c2", "two");
      auto first = s.take();
      CHECK(!first.open.has_value());
      CHECK_EQ(line_names(first), strings{"item:function_call_output"});
      s.tool_answers("c1", "one");
      auto next = s.take();
      THEN("c2's output is in the rollout first, c1's before it in the next request") {
        CHECK_EQ(line_names(next), (strings{"item:function_call_output", "turn_context"}));
        REQUIRE(next.open.has_value());
        const auto& input = next.open->request.input;
        REQUIRE_EQ(input.size(), 7u);
        CHECK_EQ(input[5].str(),
                 R"({"type":"function_call_output","call_id":"c1","output":"one"})");
        CHECK_EQ(input[6].str(),
                 R"({"type":"function_call_output","call_id":"c2","output":"two"})");
      }
    }
  }
}

SCENARIO("tools that must run alone wait for those before them") {
  GIVEN("a command and a patch in one response") {
    scripted_session s;
    s.submit(says("go"));
    s.take();
    s.model({output_item_done{function_call("exec_command", "c1")},
             output_item_done{function_call("update_plan", "c2")},
             output_item_done{function_call("exec_command", "c3")}, response_completed{"r", {}}});
    auto called = s.take();
    REQUIRE_EQ(called.tools.size(), 1u);
    WHEN("the command ends") {
      s.tool_answers("c1", "");
      auto second = s.take();
      REQUIRE_EQ(second.tools.size(), 1u);
      CHECK_EQ(second.tools[0].call_id, "c2");
      s.tool_answers("c2", "");
      auto third = s.take();
      THEN("each of the others runs after the one before it") {
        REQUIRE_EQ(third.tools.size(), 1u);
        CHECK_EQ(third.tools[0].call_id, "c3");
      }
    }
  }
}

SCENARIO("a retryable failure is told, waits longer each time and sends the same prompt") {
  GIVEN("a running turn with two retries") {
    scripted_session s;
    s.submit(says("hello"));
    const auto prompt = s.take().open->request.input;
    const model_error cut{.code = model_errc::stream,
                          .message = "stream disconnected before completion: cut",
                          .retry_after = {},
                          .http_status = {}};
    WHEN("the stream is cut after a message") {
      s.model({output_item_done{assistant("half")}});
      s.take();
      s.stream_fails(cut);
      auto first = s.take();
      THEN("the prompt of the retry is the old one") {
        REQUIRE(first.open.has_value());
        CHECK_EQ(first.open->request.input, prompt);
        CHECK_EQ(events_of<stream_error>(first).front().message, "Reconnecting... 1/2");
        CHECK_EQ(events_of<stream_error>(first).front().additional_details, cut.message);
        CHECK(first.open->delay >= std::chrono::milliseconds{180});
        CHECK(first.open->delay < std::chrono::milliseconds{220});
        CHECK_EQ(line_names(first), strings{"turn_context"});
        s.stream_fails(cut);
        auto second = s.take();
        CHECK(second.open->delay >= std::chrono::milliseconds{360});
        s.stream_fails(cut);
        auto last = s.take();
        CHECK(!last.open.has_value());
        CHECK_EQ(events_of<turn_error>(last).front().message, cut.message);
        CHECK(last.flush == flush_goal::turn_end);
      }
    }
  }
}

SCENARIO("a delay that the provider asks for is used, up to an hour") {
  GIVEN("a running turn") {
    scripted_session s;
    s.submit(says("hello"));
    s.take();
    model_error asked{.code = model_errc::stream, .message = "slow down"};
    asked.retry_after = std::chrono::milliseconds{11'054};
    s.stream_fails(asked);
    CHECK_EQ(s.take().open->delay.count(), 11'054);
    asked.retry_after = std::chrono::hours{48};
    s.stream_fails(asked);
    CHECK(s.take().open->delay == std::chrono::hours{1});
  }
}

SCENARIO("a final failure ends the turn at once") {
  GIVEN("a running turn") {
    scripted_session s;
    s.submit(says("hello"));
    s.take();
    WHEN("the quota is used up") {
      s.stream_fails({.code = model_errc::quota_exceeded, .message = "no more"});
      auto last = s.take();
      THEN("there is no retry") {
        CHECK(events_of<stream_error>(last).empty());
        CHECK(events_of<turn_error>(last).front().info == error_class::usage_limit_exceeded);
        CHECK(last.flush == flush_goal::turn_end);
      }
    }
  }
}

SCENARIO("late messages of an abandoned stream change nothing") {
  GIVEN("a turn that has retried") {
    scripted_session s;
    s.submit(says("hello"));
    s.take();
    const auto old = s.uut.stream();
    s.stream_fails(
      {.code = model_errc::stream, .message = "cut", .retry_after = {}, .http_status = {}});
    s.take();
    WHEN("the old stream delivers an answer") {
      model_events late{old, {output_item_done{assistant("late")}, response_completed{"r", {}}}};
      s.uut.on_model_events(late, s.out);
      s.uut.on_stream_ended({.stream = old, .error = {}, .limits = {}}, s.out);
      auto out = s.take();
      THEN("nothing happens") {
        CHECK(out.events.empty());
        CHECK(out.lines.empty());
        CHECK(!out.open.has_value());
      }
    }
  }
}

SCENARIO("an interrupt during the stream cancels it and ends the turn as aborted") {
  GIVEN("a running turn") {
    scripted_session s;
    s.submit(says("hello"));
    s.take();
    WHEN("the user interrupts") {
      s.submit(interrupt_turn{});
      auto out = s.take();
      THEN("the marker and the event are written before the abort is told") {
        CHECK(out.cancel_stream);
        CHECK_EQ(line_names(out), (strings{"item:message", "event:turn_aborted"}));
        CHECK(events_of<turn_aborted>(out).empty());
        s.uut.on_flushed(flush_goal::turn_end, {}, s.out);
        auto last = s.take();
        CHECK_EQ(events_of<turn_aborted>(last).size(), 1u);
        CHECK(events_of<task_complete>(last).empty());
      }
    }
  }
}

SCENARIO("an interrupt during tools waits for their abort answers") {
  GIVEN("a turn with a running command and one that waits") {
    scripted_session s;
    s.submit(says("go"));
    s.take();
    s.model({output_item_done{function_call("exec_command", "c1")},
             output_item_done{function_call("update_plan", "c2")}, response_completed{"r", {}}});
    s.take();
    WHEN("the user interrupts") {
      s.submit(interrupt_turn{});
      auto out = s.take();
      CHECK(out.cancel_tools);
      CHECK(out.flush == flush_goal::none);
      CHECK_EQ(line_names(out), strings{"item:function_call_output"});
      s.tool_answers("c1", "aborted by user after 1.0s");
      auto last = s.take();
      THEN("both outputs are recorded before the marker") {
        CHECK_EQ(line_names(last),
                 (strings{"item:function_call_output", "item:message", "event:turn_aborted"}));
        CHECK(last.tools.empty());
        CHECK(last.flush == flush_goal::turn_end);
      }
    }
  }
}

SCENARIO("input during a turn joins it and is sent with the next request") {
  GIVEN("a turn that streams") {
    scripted_session s;
    s.submit(says("first"));
    s.take();
    WHEN("the user adds something and the model stops") {
      const auto receipt = s.submit(says("second"));
      CHECK_EQ(std::get<submitted>(receipt).id, "0");
      CHECK(!s.take().open.has_value());
      s.model_says("answer to the first");
      auto out = s.take();
      THEN("the model is asked again with it") {
        REQUIRE(out.open.has_value());
        CHECK(out.open->request.input.back().view().find("second") != std::string_view::npos);
      }
    }
  }
}

SCENARIO("a turn that holds all the input it can refuses more") {
  GIVEN("a turn that streams") {
    scripted_session s;
    s.submit(says("first"));
    WHEN("more input comes than a turn holds") {
      for (std::size_t i = 0; i < turn_machine::max_pending_inputs; ++i)
        REQUIRE(std::holds_alternative<submitted>(s.submit(says("more"))));
      THEN("the next one is refused") {
        CHECK(std::get<errc>(s.submit(says("too much"))) == errc::queue_full);
      }
    }
  }
}

SCENARIO("an item that was announced keeps its id to the end") {
  GIVEN("a turn whose message is announced without an id") {
    scripted_session s;
    s.submit(says("hello"));
    s.take();
    WHEN("deltas and the finished item follow") {
      s.model({output_item_added{assistant("", "")}, output_text_delta{"Hel"},
               output_text_delta{"lo"}, output_item_done{assistant("Hello", "")}});
      auto out = s.take();
      THEN("start, deltas and end name the same item") {
        const auto started =
          std::get<agent_message_item>(events_of<item_started>(out).front().item);
        CHECK(!started.id.empty());
        REQUIRE_EQ(events_of<agent_message_delta>(out).size(), 2u);
        CHECK_EQ(events_of<agent_message_delta>(out)[0].item_id, started.id);
        const auto done = std::get<agent_message_item>(events_of<item_completed>(out).front().item);
        CHECK_EQ(done.id, started.id);
        CHECK_EQ(events_of<item_started>(out).size(), 1u);
      }
    }
  }
}

SCENARIO("the turn state of the first response is replayed until the turn ends") {
  GIVEN("a turn whose provider hands out a turn state") {
    scripted_session s;
    s.submit(says("go"));
    CHECK(s.take().open->request.turn_state.empty());
    s.model({turn_state_seen{"sticky"}, output_item_done{function_call("exec_command", "c1")},
             response_completed{"r", {}}});
    s.tool_answers("c1", "");
    auto second = s.take();
    CHECK_EQ(second.open->request.turn_state, "sticky");
    WHEN("a new turn begins") {
      s.model_says("done");
      s.flushed();
      s.take();
      s.submit(says("next"));
      THEN("it starts without one") {
        CHECK(s.take().open->request.turn_state.empty());
      }
    }
  }
}

SCENARIO("credit is granted again when half of the window is used") {
  GIVEN("a streaming turn") {
    scripted_session s;
    s.submit(says("go"));
    WHEN("messages arrive one by one") {
      std::uint32_t granted = 0;
      for (std::uint32_t i = 0; i < model_attempts::stream_window; ++i) {
        s.model({output_text_delta{"x"}});
        granted += s.uut.take_credit_due();
      }
      THEN("as many are granted as were used") {
        CHECK_EQ(granted, model_attempts::stream_window);
      }
    }
  }
}

SCENARIO("a full context window is shown as used up") {
  GIVEN("a turn") {
    scripted_session s;
    s.submit(says("go"));
    s.take();
    WHEN("the provider says that the window is exceeded") {
      s.stream_fails({.code = model_errc::context_window_exceeded,
                      .message = "full",
                      .retry_after = {},
                      .http_status = {}});
      auto out = s.take();
      THEN("the token count is the whole window and the turn fails") {
        CHECK_EQ(events_of<token_count>(out).back().usage->total.total_tokens, 95'000);
        CHECK(events_of<turn_error>(out).front().info == error_class::context_window_exceeded);
      }
    }
  }
}
