#pragma once

#include <caf/test/dsl.hpp>

#include "actors/codex_thread/codex_thread_actor.hpp"
#include "tests/support/ask.hpp"
#include "tests/support/fake_services.hpp"

#include <caf/scoped_actor.hpp>

/// A thread among services that answer at once, driven without time passing.
namespace troupe::testing {

struct thread_fixture : test_coordinator_fixture<> {
  service_log_ptr log = std::make_shared<service_log>();
  std::shared_ptr<sink_log> seen = std::make_shared<sink_log>();
  services_changed services = spawn_fake_services(sys, log);
  event_sink_actor sink = sys.spawn(collecting_sink, seen);
  codex_thread::workspace_reader read_workspace; ///< of threads spawned from now on
  codex_thread::tool_watch watch_tool;           ///< the same
  codex_thread_actor uut;

  ~thread_fixture() {
    caf::anon_send_exit(uut, caf::exit_reason::kill);
    caf::anon_send_exit(sink, caf::exit_reason::user_shutdown);
    end_services(services);
    *log = {};
    run();
  }

  thread_config config() {
    thread_config x;
    x.cwd = "/work";
    x.provider = "test";
    return x;
  }

  void spawn(thread_config x) {
    uut = codex_thread::spawn(
      sys, std::move(x),
      {.services = services,
       .tools = [](const model_info&, const thread_config&) { return shared_text{"[]"}; },
       .tmpdir = {},
       .read_workspace = read_workspace,
       .watch_tool = watch_tool});
    run();
  }

  /// The answer to a request, which must come without any time passing.
  template <class Result, class Message>
  caf::expected<Result> ask(Message msg) {
    return troupe::testing::ask_for<Result>(*this, uut, std::move(msg));
  }

  thread_started start(std::optional<load_rollout> resume = {}) {
    auto started = ask<thread_started>(start_session{std::move(resume)});
    REQUIRE(started);
    CHECK(ask<thread_summary>(subscribe_events{started->thread, sink, 1'000, delta_wish::none}));
    return *started;
  }

  void submit(op x) { CHECK(ask<submitted>(submission{{}, std::move(x)})); }
  void say(std::string text) { submit(user_input{{text_input{std::move(text)}}, {}}); }

  void model(std::vector<model_event> events) {
    caf::anon_send(uut, model_events{log->streams.back().stream, std::move(events)});
    run();
  }
};

} // namespace troupe::testing
