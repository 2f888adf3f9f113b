#define CAF_SUITE session
#include <caf/test/bdd_dsl.hpp>

#include "scripted_turn.hpp"

using namespace troupe;
using namespace troupe::codex_thread;
using namespace troupe::codex_thread::testing;

using strings = std::vector<std::string>;

namespace {

rollout_line line(line_kind kind, std::string json) {
  return {kind, shared_text{std::move(json)}};
}

rollout_history stored_thread_of(std::vector<rollout_line> lines) {
  return {.thread = *parse_thread_id("019c3762-2225-7c31-9a4e-5d0f6b7a8c21"),
          .path = "/old.jsonl",
          .lines = std::move(lines),
          .damaged_lines = 0,
          .torn_tail = false};
}

std::vector<rollout_line> one_stored_turn() {
  return {
    line(
      line_kind::meta,
      R"({"id":"019c3762-2225-7c31-9a4e-5d0f6b7a8c21","base_instructions":{"text":"Old rules."}})"),
    line(line_kind::item, make_message("developer", "permissions").json.str()),
    line(line_kind::item, make_message("user", "question").json.str()),
    line(line_kind::event, R"({"type":"user_message","message":"question"})"),
    line(line_kind::context, R"({"model":"older-model"})"),
    line(line_kind::item, make_message("assistant", "answer").json.str()),
    line(
      line_kind::event,
      R"({"type":"token_count","info":{"total_token_usage":{"input_tokens":7,"cached_input_tokens":0,)"
      R"("output_tokens":2,"reasoning_output_tokens":0,"total_tokens":9},"last_token_usage":{"input_tokens":7,)"
      R"("cached_input_tokens":0,"output_tokens":2,"reasoning_output_tokens":0,"total_tokens":9},)"
      R"("model_context_window":100},"rate_limits":null})")};
}

session fresh_session() {
  return {
    some_config(), [](const model_info&, const thread_config&) { return shared_text{"[]"}; }, {}};
}

} // namespace

SCENARIO("a new thread records its context before anything is said") {
  GIVEN("a session") {
    auto uut = fresh_session();
    uut.set_id(new_thread_id());
    uut.set_model(some_model());
    WHEN("it starts") {
      effects out;
      uut.start_new("/p.jsonl", out);
      THEN("permissions and environment are written and the start waits for them") {
        CHECK_EQ(line_names(out), (strings{"item:message", "item:message"}));
        CHECK(out.flush == flush_goal::session_start);
        CHECK(out.lines[0].payload_json.view().find("<permissions instructions>") !=
              std::string_view::npos);
        CHECK(out.lines[1].payload_json.view().find("<cwd>/work</cwd>") != std::string_view::npos);
      }
    }
  }
}

SCENARIO("a resumed thread goes on where it was and writes nothing until its first turn") {
  GIVEN("a stored thread of another model") {
    auto uut = fresh_session();
    uut.set_model(some_model());
    uut.set_id(stored_thread_of({}).thread);
    effects out;
    uut.start_resumed(stored_thread_of(one_stored_turn()), out);
    CHECK(out.lines.empty());
    uut.on_flushed(flush_goal::session_start, {}, out);
    CHECK_EQ(uut.summary().usage.total_tokens, 9);
    CHECK_EQ(uut.started().warnings.size(), 1u);
    CHECK_EQ(uut.started().configured.initial_messages_json.size(), 2u);
    CHECK_EQ(uut.meta().base_instructions.str(), "Old rules.");
    WHEN("the user speaks") {
      out = {};
      const auto turn = std::get<submitted>(uut.submit({.id = {}, .op = says("more")}, out)).id;
      uut.on_model_facts(some_model(), out);
      workspace_described workspace{turn, {}};
      uut.on_workspace(workspace, out);
      THEN("context, a note on the other model and the input are written, and the model sees "
           "everything") {
        CHECK_EQ(line_names(out), (strings{"item:message", "item:message", "item:message",
                                           "item:message", "event:user_message", "turn_context"}));
        CHECK(out.lines[2].payload_json.view().find("<model_switch>") != std::string_view::npos);
        REQUIRE(out.open.has_value());
        CHECK_EQ(out.open->request.input.size(), 7u);
        CHECK_EQ(out.open->request.instructions_json.str(), "\"Old rules.\"");
      }
    }
  }
}

SCENARIO("damage in a stored thread is told to who resumes it") {
  GIVEN("a rollout with a torn end and a garbage line") {
    auto stored = stored_thread_of(one_stored_turn());
    stored.torn_tail = true;
    stored.damaged_lines = 2;
    stored.damaged_at = {4, 9};
    auto uut = fresh_session();
    uut.set_model(some_model("older-model"));
    WHEN("it is resumed") {
      effects out;
      uut.start_resumed(stored, out);
      const auto warnings = uut.started().warnings;
      THEN("both are named") {
        REQUIRE_EQ(warnings.size(), 2u);
        CHECK_EQ(warnings[0], "The last line of /old.jsonl was cut off and is left out.");
        CHECK_EQ(warnings[1], "1 unreadable line(s) of /old.jsonl are left out: line 4.");
      }
    }
  }
}

SCENARIO("settings persist, and the model is told what changed") {
  GIVEN("an idle session") {
    scripted_session s;
    WHEN("a turn brings another folder and sandbox") {
      user_turn turn;
      turn.settings.cwd = "/elsewhere";
      turn.settings.sandbox_policy = sandbox_policy{.mode = sandbox_mode::workspace_write};
      turn.input = says("go");
      s.submit(turn);
      auto out = s.take();
      THEN("environment and permissions precede the input") {
        CHECK_EQ(line_names(out), (strings{"item:message", "item:message", "item:message",
                                           "event:user_message", "turn_context"}));
        CHECK(out.lines[0].payload_json.view().find("/elsewhere") != std::string_view::npos);
        CHECK(out.lines[1].payload_json.view().find("workspace-write") != std::string_view::npos);
        s.model_says("ok");
        s.flushed();
        s.take();
        s.submit(says("again"));
        CHECK_EQ(line_names(s.take()),
                 (strings{"item:message", "event:user_message", "turn_context"}));
      }
    }
  }
}

namespace {

/// A turn with another model than the session's.
void say_to_other_model(scripted_session& s) {
  user_turn turn;
  turn.settings.model = "other-model";
  turn.input = says("go");
  s.submit(turn);
}

} // namespace

SCENARIO("a turn with another model waits for what is known of it") {
  GIVEN("a turn with a new model") {
    scripted_session s;
    say_to_other_model(s);
    auto asked = s.take();
    REQUIRE(asked.fetch_model.has_value());
    CHECK_EQ(asked.fetch_model->slug, "other-model");
    CHECK(!asked.open.has_value());
    CHECK(s.uut.summary().waits_for == wait_kind::model_info);
    WHEN("the models manager answers") {
      s.uut.on_model_facts(some_model("other-model"), s.out);
      auto out = s.take();
      THEN("the turn starts with it and the model learns of the switch") {
        CHECK_EQ(out.open->request.model, "other-model");
        CHECK(out.lines[0].payload_json.view().find("<model_switch>") != std::string_view::npos);
      }
    }
  }
}

SCENARIO("a turn whose model nobody can describe fails and lets the next one run") {
  GIVEN("a turn with a new model") {
    scripted_session s;
    say_to_other_model(s);
    s.take();
    WHEN("the models manager fails") {
      s.uut.on_model_failed("restarted", s.out);
      auto out = s.take();
      THEN("the turn fails and the session takes the next one") {
        CHECK_EQ(events_of<turn_error>(out).size(), 1u);
        CHECK_EQ(events_of<task_complete>(out).size(), 1u);
        s.submit(says("next"));
        CHECK_EQ(s.take().open->request.model, "test-model");
      }
    }
  }
}

SCENARIO("a submission with an id of its own is accepted once") {
  GIVEN("an idle session") {
    scripted_session s;
    WHEN("the same submission comes twice") {
      const auto first = s.uut.submit({.id = "mine", .op = says("go")}, s.out);
      CHECK(s.take().open.has_value());
      const auto second = s.uut.submit({.id = "mine", .op = says("go")}, s.out);
      auto out = s.take();
      THEN("both get the same receipt and there is one input") {
        CHECK_EQ(std::get<submitted>(first), std::get<submitted>(second));
        CHECK(out.events.empty());
        s.model_says("done");
        CHECK(!s.take().open.has_value());
      }
    }
  }
}

SCENARIO("input that comes while a turn ends starts the next one") {
  GIVEN("a turn whose lines are being written") {
    scripted_session s;
    s.submit(says("first"));
    s.model_says("done");
    s.take();
    WHEN("the user speaks") {
      const auto receipt = s.submit(says("second"));
      CHECK_EQ(std::get<submitted>(receipt).id, "1");
      CHECK(!s.take().open.has_value());
      s.uut.on_flushed(flush_goal::turn_end, {}, s.out);
      auto out = s.take();
      THEN("the first turn ends, then the second begins") {
        CHECK_EQ(events_of<task_complete>(out).size(), 1u);
        CHECK_EQ(events_of<task_started>(out).size(), 1u);
        CHECK(out.open.has_value());
        CHECK_EQ(out.events.back().turn, "1");
      }
    }
  }
}

SCENARIO("a shutdown interrupts the turn, waits for its lines and refuses what comes later") {
  GIVEN("a running turn") {
    scripted_session s;
    s.submit(says("go"));
    s.take();
    WHEN("the thread is shut down") {
      s.submit(shutdown_thread{});
      auto out = s.take();
      CHECK(out.cancel_stream);
      CHECK(out.flush == flush_goal::turn_end);
      CHECK(std::get<errc>(s.submit(says("late"))) == errc::shutting_down);
      s.uut.on_flushed(flush_goal::turn_end, {}, s.out);
      auto aborted = s.take();
      CHECK_EQ(events_of<turn_aborted>(aborted).size(), 1u);
      CHECK(aborted.flush == flush_goal::shutdown);
      s.uut.on_flushed(flush_goal::shutdown, {}, s.out);
      auto last = s.take();
      THEN("it says so and ends") {
        CHECK_EQ(events_of<shutdown_complete>(last).size(), 1u);
        CHECK(last.ended);
      }
    }
  }
}

SCENARIO("rolled back turns and compactions shape the rebuilt history") {
  GIVEN("stored lines with a rollback") {
    auto lines = one_stored_turn();
    lines.push_back(line(line_kind::item, make_message("user", "forget this").json.str()));
    lines.push_back(line(line_kind::item, make_message("assistant", "forgotten").json.str()));
    lines.push_back(line(line_kind::event, R"({"type":"thread_rolled_back","num_turns":1})"));
    THEN("the dropped turn is not there") {
      const auto rebuilt = rebuild(lines, {});
      CHECK_EQ(rebuilt.items.size(), 3u);
      CHECK_EQ(message_text(rebuilt.items.back(), "output_text"), "answer");
    }
  }
  GIVEN("stored lines with a local compaction") {
    auto lines = one_stored_turn();
    lines.push_back(line(line_kind::compacted, R"({"message":"the summary"})"));
    THEN("context, the user's messages and the summary are left") {
      const auto rebuilt = rebuild(lines, {make_message("developer", "context")});
      REQUIRE_EQ(rebuilt.items.size(), 3u);
      CHECK_EQ(message_text(rebuilt.items[1], "input_text"), "question");
      CHECK_EQ(message_text(rebuilt.items[2], "input_text"), "the summary");
    }
  }
  GIVEN("stored lines with a replacement history") {
    auto lines = one_stored_turn();
    lines.push_back(line(line_kind::compacted, R"({"message":"","replacement_history":[)" +
                                                 make_message("user", "kept").json.str() + "]}"));
    THEN("it is the history") {
      const auto rebuilt = rebuild(lines, {});
      REQUIRE_EQ(rebuilt.items.size(), 1u);
      CHECK_EQ(message_text(rebuilt.items[0], "input_text"), "kept");
    }
  }
}
