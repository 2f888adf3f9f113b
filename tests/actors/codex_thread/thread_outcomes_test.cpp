#define CAF_SUITE thread_outcomes
#include <caf/test/bdd_dsl.hpp>

#include "thread_fixture.hpp"

#include "actors/codex_thread/event_sinks.hpp"

#include <caf/typed_response_promise.hpp>

using namespace troupe;
using namespace troupe::testing;

namespace {

/// Appends that are answered when the test says so: each `list_rollouts` answers the oldest.
struct slow_disk {
  bool is_slow = false;
  bool knows_files = true; ///< takes threads over from another recorder
  std::vector<caf::typed_response_promise<void>> open;
};

rollout_recorder_actor::behavior_type slow_recorder(rollout_recorder_actor::pointer self,
                                                    std::shared_ptr<slow_disk> disk) {
  return {[](const create_rollout&) -> caf::result<rollout_opened> {
            return rollout_opened{"/fake/rollout.jsonl"};
          },
          [](const load_rollout&) -> caf::result<rollout_history> { return rollout_history{}; },
          [self, disk](const append_rollout&) -> caf::result<void> {
            if (!disk->is_slow)
              return caf::unit;
            return disk->open.emplace_back(self->make_response_promise<void>());
          },
          [](const close_rollout&) -> caf::result<void> { return caf::unit; },
          [disk](const reopen_rollout&) -> caf::result<void> {
            if (disk->knows_files)
              return caf::unit;
            return caf::make_error(errc::rollout_unwritable, "not taken over");
          },
          [disk](const list_rollouts&) -> caf::result<rollout_page> {
            auto written = disk->open.front();
            disk->open.erase(disk->open.begin());
            written.deliver();
            return rollout_page{};
          }};
}

/// Commands that end at once, and say so first.
tool_runner_actor::behavior_type quick_tools(tool_runner_actor::pointer) {
  return {[](const run_tool& x, const tool_listener_actor& listener) -> caf::result<tool_result> {
            exec_command_end end;
            end.begin.call_id = x.call_id;
            caf::anon_send(listener, tool_progress{x.turn, {std::move(end)}});
            return tool_result{
              .call_id = x.call_id, .output = "done", .success = true, .notes = {}};
          },
          [](const cancel_tools&) -> caf::result<void> { return caf::unit; }};
}

struct fixture : thread_fixture {
  std::shared_ptr<slow_disk> disk = std::make_shared<slow_disk>();
  rollout_recorder_actor recorder = sys.spawn(slow_recorder, disk);
  tool_runner_actor tools = sys.spawn(quick_tools);

  fixture() { spawn_with(services); }
  ~fixture() {
    disk->open.clear();
    caf::anon_send_exit(recorder, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(tools, caf::exit_reason::user_shutdown);
  }

  void spawn_with(services_changed x) {
    x.recorder = recorder;
    x.tools = tools;
    uut = codex_thread::spawn(
      sys, config(),
      {.services = x,
       .tools = [](const model_info&, const thread_config&) { return shared_text{"[]"}; },
       .tmpdir = {},
       .read_workspace = {}});
    run();
  }

  void write_one() {
    caf::anon_send(recorder, list_rollouts{});
    run();
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

namespace {

response_item a_call() {
  return *parse_response_item(std::string_view{
    R"({"type":"function_call","name":"exec_command","arguments":"{}","call_id":"c1"})"});
}

} // namespace

SCENARIO("nobody hears of a command's end before its output is written") {
  GIVEN("a running turn, and a disk that takes its time") {
    start();
    say("look");
    disk->is_slow = true;
    WHEN("the model calls a command, which ends") {
      model({output_item_done{a_call()}});
      REQUIRE_EQ(disk->open.size(), 2u); // the call, the output
      THEN("its end is told when the output is written, and not before") {
        CHECK_EQ(count_of<exec_command_end>(*seen), 0u);
        write_one();
        CHECK_EQ(count_of<exec_command_end>(*seen), 0u);
        write_one();
        CHECK_EQ(count_of<exec_command_end>(*seen), 1u);
      }
    }
  }
}

SCENARIO("events behind a command's end keep their place") {
  GIVEN("a command that has ended, whose output is being written") {
    start();
    say("look");
    disk->is_slow = true;
    model({output_item_done{a_call()}});
    WHEN("the model goes on") {
      model({output_item_added{make_message("assistant", "")}});
      const auto before = seen->events.size();
      CHECK_EQ(count_of<item_started>(*seen), 1u); // of the user's message
      while (!disk->open.empty())
        write_one();
      THEN("its events come after the end of the command") {
        REQUIRE(seen->events.size() > before);
        CHECK(std::holds_alternative<exec_command_end>(seen->events[before].msg));
        CHECK_EQ(count_of<item_started>(*seen), 2u);
      }
    }
  }
}

SCENARIO("while events wait for the disk the model's stream gets no credit") {
  GIVEN("a command that has ended, whose output is being written") {
    start();
    say("look");
    disk->is_slow = true;
    model({output_item_done{a_call()}});
    WHEN("the model goes on") {
      for (int i = 0; i < codex_thread::model_attempts::stream_window; ++i)
        model({output_text_delta{"x"}});
      THEN("it gets credit when they are told, for all that it has used") {
        CHECK(log->credits.empty());
        while (!disk->open.empty())
          write_one();
        REQUIRE_EQ(log->credits.size(), 1u);
        CHECK(log->credits[0].messages >= codex_thread::model_attempts::stream_window);
      }
    }
  }
}

SCENARIO("a file that a restarted recorder does not take over fails the turn") {
  GIVEN("a turn, and a recorder that knows nothing of its file") {
    start();
    say("look");
    disk->knows_files = false;
    auto restarted = services;
    restarted.recorder = sys.spawn(slow_recorder, disk);
    caf::anon_send(uut, restarted);
    run();
    WHEN("the turn ends") {
      model({output_item_done{make_message("assistant", "seen")}, response_completed{"r", {}}});
      THEN("it says why it is not safe") {
        CHECK_EQ(count_of<turn_error>(*seen), 1u);
      }
    }
    caf::anon_send_exit(restarted.recorder, caf::exit_reason::user_shutdown);
  }
}

SCENARIO("a subscription without a sink is refused") {
  const auto started = start();
  const auto refused =
    ask<thread_summary>(subscribe_events{started.thread, {}, 1, delta_wish::all});
  REQUIRE(!refused);
  CHECK(refused.error() == errc::invalid_request);
}

SCENARIO("a dead subscriber is forgotten, and so many may be there at once") {
  GIVEN("as many subscribers as there may be") {
    const auto started = start();
    std::vector<event_sink_actor> sinks;
    const auto subscribe = [&] {
      sinks.push_back(sys.spawn(collecting_sink, std::make_shared<sink_log>()));
      return ask<thread_summary>(
        subscribe_events{started.thread, sinks.back(), 0, delta_wish::none});
    };
    for (std::size_t i = 1; i < codex_thread::event_sinks::max_sinks; ++i)
      REQUIRE(subscribe());
    WHEN("another one comes") {
      const auto refused = subscribe();
      THEN("it hears so; those that are there may still change what they want") {
        REQUIRE(!refused);
        CHECK(refused.error() == errc::queue_full);
        CHECK(
          ask<thread_summary>(subscribe_events{started.thread, sinks.front(), 1, delta_wish::all}));
      }
    }
    WHEN("all of them die") {
      for (const auto& x : std::exchange(sinks, {}))
        caf::anon_send_exit(x, caf::exit_reason::kill);
      run();
      THEN("their places are free") {
        for (std::size_t i = 1; i < codex_thread::event_sinks::max_sinks; ++i)
          REQUIRE(subscribe());
        CHECK(!subscribe());
      }
    }
    for (const auto& x : sinks)
      caf::anon_send_exit(x, caf::exit_reason::kill);
    run();
  }
}

SCENARIO("a restarted recorder is told of a live thread's file, and not asked to read it") {
  GIVEN("a live thread") {
    const auto started = start();
    WHEN("its recorder is another one") {
      caf::anon_send(uut, services);
      run();
      THEN("that is told of the file") {
        REQUIRE_EQ(log->reopened.size(), 1u);
        CHECK_EQ(log->reopened[0], (reopen_rollout{started.thread, "/fake/rollout.jsonl"}));
      }
    }
  }
}

END_FIXTURE_SCOPE()
