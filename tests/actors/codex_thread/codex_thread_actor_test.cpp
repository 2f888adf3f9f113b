#define CAF_SUITE codex_thread_actor
#include <caf/test/bdd_dsl.hpp>

#include "thread_fixture.hpp"

using namespace troupe;
using namespace troupe::testing;

BEGIN_FIXTURE_SCOPE(thread_fixture)

SCENARIO("a thread answers its start when its context is recorded, and runs a turn") {
  GIVEN("a new thread") {
    spawn(config());
    const auto started = start();
    CHECK_EQ(started.configured.model, "default-model");
    CHECK_EQ(started.configured.rollout_path, "/fake/rollout.jsonl");
    CHECK_EQ(log->lines.size(), 2u);
    WHEN("a user speaks and the model answers") {
      say("hello");
      REQUIRE_EQ(log->streams.size(), 1u);
      CHECK(log->consumer != nullptr);
      model(one_message("hi"));
      THEN("the subscriber sees the turn from start to end, numbered without gaps") {
        CHECK_EQ(count_of<task_started>(*seen), 1u);
        CHECK_EQ(count_of<task_complete>(*seen), 1u);
        CHECK(std::holds_alternative<task_complete>(seen->events.back().msg));
        for (std::size_t i = 1; i < seen->events.size(); ++i)
          CHECK_EQ(seen->events[i].number, seen->events[i - 1].number + 1);
        CHECK_EQ(ask<thread_summary>(thread_status_request{started.thread})->usage.total_tokens,
                 15);
      }
    }
  }
}

SCENARIO("a submission before the start is refused") {
  GIVEN("a thread that was not started") {
    spawn(config());
    THEN("it says so") {
      auto result = ask<submitted>(submission{{}, user_input{{text_input{"hello"}}, {}}});
      REQUIRE(!result);
      CHECK(result.error() == errc::invalid_request);
    }
  }
}

SCENARIO("a thread that cannot find its rollout answers the cause and ends") {
  GIVEN("a recorder without that rollout") {
    spawn(config());
    self->monitor(uut);
    WHEN("it is resumed") {
      auto result = ask<thread_started>(start_session{load_rollout{new_thread_id(), {}}});
      THEN("the recorder's error is the answer") {
        REQUIRE(!result);
        CHECK(result.error() == errc::no_such_rollout);
        bool down = false;
        self->receive([&](const caf::down_msg&) { down = true; });
        CHECK(down);
      }
    }
  }
}

SCENARIO("a tool call goes to the tool runner and its output back to the model") {
  GIVEN("a running turn") {
    spawn(config());
    start();
    say("look");
    WHEN("the model calls a tool") {
      const auto call = parse_response_item(std::string_view{
        R"({"type":"function_call","name":"exec_command","arguments":"{\"cmd\":\"ls\"}","call_id":"c1"})"});
      model({output_item_done{*call}, response_completed{"r", {}}});
      THEN("it ran with the call's arguments, and a second request carries the output") {
        REQUIRE_EQ(log->tools.size(), 1u);
        CHECK_EQ(log->tools[0].arguments, R"({"cmd":"ls"})");
        CHECK_EQ(log->tools[0].context->cwd, "/work");
        REQUIRE_EQ(log->streams.size(), 2u);
        CHECK_EQ(log->streams[1].request.input.back().str(),
                 R"({"type":"function_call_output","call_id":"c1","output":"done"})");
      }
    }
  }
}

SCENARIO("credit for a stream is granted while it flows") {
  GIVEN("a running turn") {
    spawn(config());
    start();
    say("count");
    WHEN("half a window of messages has come") {
      for (std::uint32_t i = 0; i < codex_thread::model_attempts::stream_window / 2; ++i)
        model({output_text_delta{"x"}});
      THEN("the model client gets that much credit") {
        REQUIRE_EQ(log->credits.size(), 1u);
        CHECK_EQ(log->credits[0].messages, codex_thread::model_attempts::stream_window / 2);
        CHECK_EQ(log->credits[0].operation, 1u);
      }
    }
  }
}

SCENARIO("a turn ends with an error when its lines cannot be written") {
  GIVEN("a thread whose disk is full") {
    spawn(config());
    start();
    log->append_failure = "No space left on device";
    WHEN("a turn runs") {
      say("hello");
      model(one_message("hi"));
      THEN("the subscriber hears the cause, and the thread lives") {
        CHECK_EQ(count_of<turn_error>(*seen), 1u);
        for (const auto& event : seen->events)
          if (const auto* error = std::get_if<turn_error>(&event.msg))
            CHECK_EQ(error->message, "the turn could not be recorded: No space left on device");
        CHECK_EQ(count_of<task_complete>(*seen), 1u);
        log->append_failure.clear();
        say("again");
        model(one_message("hi"));
        CHECK_EQ(count_of<turn_error>(*seen), 1u);
        CHECK_EQ(count_of<task_complete>(*seen), 2u);
      }
    }
  }
}

SCENARIO("an exit message interrupts the turn, closes the rollout and ends the thread") {
  GIVEN("a running turn") {
    spawn(config());
    const auto started = start();
    say("hello");
    self->monitor(uut);
    WHEN("the owner says exit") {
      caf::anon_send_exit(uut, caf::exit_reason::user_shutdown);
      run();
      THEN("the stream is cancelled, the abort told, the file closed") {
        CHECK_EQ(log->cancels.size(), 1u);
        CHECK_EQ(count_of<turn_aborted>(*seen), 1u);
        CHECK(std::holds_alternative<shutdown_complete>(seen->events.back().msg));
        CHECK_EQ(log->closed, std::vector<thread_id>{started.thread});
        bool down = false;
        self->receive(
          [&](const caf::down_msg& x) { down = x.reason == caf::exit_reason::user_shutdown; });
        CHECK(down);
      }
    }
  }
}

SCENARIO("an ephemeral thread works without a recorder") {
  GIVEN("an ephemeral thread") {
    auto x = config();
    x.ephemeral = true;
    spawn(x);
    CHECK(start().configured.rollout_path.empty());
    WHEN("a turn runs") {
      say("hello");
      model(one_message("hi"));
      THEN("it completes and nothing was written") {
        CHECK_EQ(count_of<task_complete>(*seen), 1u);
        CHECK(log->lines.empty());
      }
    }
  }
}

SCENARIO("a restarted model client is used from the next request on") {
  GIVEN("an idle thread") {
    spawn(config());
    start();
    auto other_log = std::make_shared<service_log>();
    auto other = sys.spawn(fake_client, other_log);
    WHEN("the services change") {
      auto changed = services;
      changed.client = other;
      caf::anon_send(uut, changed);
      say("hello");
      THEN("the new one is asked") {
        CHECK(log->streams.empty());
        CHECK_EQ(other_log->streams.size(), 1u);
      }
    }
    caf::anon_send_exit(other, caf::exit_reason::user_shutdown);
    run();
    *other_log = {};
  }
}

END_FIXTURE_SCOPE()
