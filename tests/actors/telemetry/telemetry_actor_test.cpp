#define CAF_SUITE telemetry_actor
#include <caf/test/bdd_dsl.hpp>

#include "actors/telemetry/outbox.hpp"
#include "actors/telemetry/telemetry_actor.hpp"
#include "net/http_client.hpp"
#include "net/io_pool.hpp"
#include "tests/apps/fake_threads.hpp"
#include "tests/support/scripted_peer.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/telemetry/counter.hpp>
#include <caf/telemetry/metric_family_impl.hpp>
#include <caf/telemetry/metric_registry.hpp>

#include <boost/json.hpp>

#include <memory>
#include <string>

using namespace std::literals;
using namespace troupe;
using namespace troupe::apps_test;
using namespace troupe::testing;
using span_outbox = telemetry::outbox<telemetry::span>;

namespace {

/// Real threads and sockets; the collector is a scripted peer.
struct fixture {
  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> sys;
  net::io_pool pool;
  std::unique_ptr<net::http_client> http = std::make_unique<net::http_client>(pool);
  fake_threads_ptr record = std::make_shared<fake_threads>();
  thread_manager_actor manager;
  std::shared_ptr<telemetry::intake> intake = std::make_shared<telemetry::intake>(1);
  telemetry::telemetry_actor uut;

  fixture() {
    config.config_file_path = "";
    config.set("caf.scheduler.max-threads", 2);
    sys = std::make_unique<caf::actor_system>(config);
  }

  ~fixture() {
    caf::anon_send_exit(uut, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(manager, caf::exit_reason::user_shutdown);
    uut = nullptr;
    manager = nullptr;
    sys->await_all_actors_done();
    http.reset();
    pool.stop();
  }

  /// Spans go to `/traces` below `url`, log events to `/logs`.
  void start(const std::string& url, std::chrono::milliseconds flush = 10s) {
    config::otel_settings settings{.traces = config::otel_endpoint{.url = url + "/traces"},
                                   .logs = config::otel_endpoint{.url = url + "/logs"}};
    settings.traces->headers.set("authorization", "Bearer x");
    start(std::move(settings), flush);
  }

  void start(config::otel_settings settings, std::chrono::milliseconds flush = 10s) {
    uut = telemetry::spawn(*sys, {.http = http.get(),
                                  .settings = std::move(settings),
                                  .version = "1.2",
                                  .node = {"a"},
                                  .intake = intake,
                                  .flush = flush});
    manager = spawn_fake_manager(*sys, record);
    caf::anon_send(uut, manager);
  }

  std::unique_ptr<model_client::observer> watch() {
    return telemetry::watch_requests({.intake = intake, .wake = telemetry::waker(uut)});
  }

  /// An attempt that is over at once.
  static void attempt(model_client::observer& to) {
    model_client::call_facts call{.thread = {{1}}, .provider = "mock", .model = "gpt"};
    call.trace = to.on_attempt(call);
    to.on_attempt_over(call, {.status = 200, .duration = 3ms});
  }

  void end_threads() { caf::anon_send_exit(manager, caf::exit_reason::user_shutdown); }

  /// Until the actor has ended; a minute is more than any healthy test needs.
  void wait_for_end() {
    caf::scoped_actor self{*sys};
    self->wait_for(uut);
  }

  std::int64_t counted(const char* outcome, const char* what = "spans") {
    return sys->metrics()
      .counter_family<std::int64_t>("troupe", what, {"outcome"}, "Sent to OpenTelemetry", "1", true)
      ->get_or_add({{"outcome", outcome}})
      ->value();
  }

  static boost::json::array spans_of(const net::server_request& x) {
    return boost::json::parse(x.body).at_pointer("/resourceSpans/0/scopeSpans/0/spans").as_array();
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("what is left at the end of the node is sent, then the actor ends") {
  scripted_peer collector{{plain_answer(200, "{}")}};
  start(collector.base_url());
  caf::anon_send(uut, batch({{1}}, {task_started{}, task_complete{}}));
  attempt(*watch());
  end_threads();
  wait_for_end();
  const auto requests = collector.requests();
  REQUIRE_EQ(requests.size(), 1u);
  CHECK_EQ(requests[0].method, "POST");
  CHECK_EQ(requests[0].target, "/v1/traces");
  CHECK(requests[0].headers.find("content-type") == "application/json");
  CHECK(requests[0].headers.find("authorization") == "Bearer x");
  const auto spans = spans_of(requests[0]);
  REQUIRE_EQ(spans.size(), 2u);
  auto first = spans[0].at("name").as_string(); // two senders: in either order
  auto second = spans[1].at("name").as_string();
  CHECK((first == "turn" && second == "model_request") !=
        (first == "model_request" && second == "turn"));
  CHECK_EQ(counted("sent"), 2);
  CHECK_EQ(counted("lost"), 0);
}

SCENARIO("a full batch is sent at once, without an end") {
  scripted_peer collector{{plain_answer(200, "{}")}};
  start(collector.base_url());
  const auto observer = watch();
  for (std::size_t i = 0; i < span_outbox::max_batch; ++i)
    attempt(*observer);
  REQUIRE(collector.wait_for_requests(1));
  CHECK_EQ(spans_of(collector.requests()[0]).size(), span_outbox::max_batch);
}

SCENARIO("an open turn ends with the node and is sent too") {
  scripted_peer collector{{plain_answer(200, "{}")}};
  start(collector.base_url());
  caf::anon_send(uut, batch({{1}}, {task_started{}}));
  end_threads();
  wait_for_end();
  REQUIRE_EQ(collector.requests().size(), 1u);
  CHECK_EQ(spans_of(collector.requests()[0]).size(), 1u);
}

SCENARIO("more than one batch is left: all of them are sent before the end") {
  scripted_peer collector{{plain_answer(200, "{}")}};
  start(collector.base_url());
  const auto observer = watch();
  for (std::size_t i = 0; i < 2 * span_outbox::max_batch + 1; ++i)
    attempt(*observer);
  end_threads();
  wait_for_end();
  CHECK_EQ(counted("sent"), static_cast<std::int64_t>(2 * span_outbox::max_batch + 1));
  CHECK_EQ(collector.requests().size(), 3u);
}

SCENARIO("a collector that refuses costs the spans and nothing else") {
  scripted_peer collector{{plain_answer(503, "busy")}};
  start(collector.base_url());
  caf::anon_send(uut, batch({{1}}, {task_started{}, task_complete{}}));
  end_threads();
  wait_for_end();
  CHECK_EQ(collector.requests().size(), 1u);
  CHECK_EQ(counted("sent"), 0);
  CHECK_EQ(counted("lost"), 1);
}

SCENARIO("a collector that hangs does not hold the end up") {
  scripted_peer collector{{hanging_answer()}};
  start(collector.base_url(), 50ms);
  caf::anon_send(uut, batch({{1}}, {task_started{}, task_complete{}}));
  end_threads();
  wait_for_end();
  CHECK(collector.wait_for_departures(1));
}

SCENARIO("log events go to a place of their own, and their loss costs no span") {
  scripted_peer logs{{plain_answer(503, "busy")}};
  scripted_peer traces{{plain_answer(200, "{}")}};
  start({.traces = config::otel_endpoint{.url = traces.base_url() + "/traces"},
         .logs = config::otel_endpoint{.url = logs.base_url() + "/logs"}});
  const auto observer = telemetry::watch_requests(
    {.intake = intake, .wake = telemetry::waker(uut), .logs = telemetry::log_identity{}});
  observer->on_request({}, {.status = 200});
  attempt(*observer);
  end_threads();
  wait_for_end();
  REQUIRE_EQ(logs.requests().size(), 1u);
  CHECK_EQ(logs.requests()[0].target, "/v1/logs");
  CHECK(logs.requests()[0].body.find("codex.api_request") != std::string::npos);
  REQUIRE_EQ(traces.requests().size(), 1u);
  CHECK_EQ(counted("sent"), 1);
  CHECK_EQ(counted("lost", "logs"), 1);
}

SCENARIO("what nobody wants is not sent") {
  scripted_peer collector{{plain_answer(200, "{}")}};
  start({.logs = config::otel_endpoint{.url = collector.base_url()}});
  caf::anon_send(uut, batch({{1}}, {task_started{}, task_complete{}}));
  attempt(*watch());
  end_threads();
  wait_for_end();
  CHECK(collector.requests().empty());
}

SCENARIO("what comes faster than it can be taken is lost and counted, and nobody waits") {
  scripted_peer collector{{hanging_answer()}};
  start(collector.base_url(), 50ms);
  const auto observer = telemetry::watch_requests({.intake = intake, .wake = [] {}});
  constexpr auto max = telemetry::inbox<telemetry::span>::max_waiting;
  for (std::size_t i = 0; i < max + 7; ++i)
    attempt(*observer);
  end_threads();
  wait_for_end();
  CHECK_EQ(counted("lost"), 7);
}

SCENARIO("nothing to tell: nothing is sent and the end comes at once") {
  scripted_peer collector{{plain_answer(200, "{}")}};
  start(collector.base_url());
  end_threads();
  wait_for_end();
  CHECK(collector.requests().empty());
}

END_FIXTURE_SCOPE()
