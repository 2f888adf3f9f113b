#define CAF_SUITE telemetry_actor
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/observer.hpp"
#include "actors/telemetry/span_outbox.hpp"
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
using telemetry::span_outbox;

namespace {

/// Real threads and sockets; the collector is a scripted peer.
struct fixture {
  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> sys;
  net::io_pool pool;
  std::unique_ptr<net::http_client> http = std::make_unique<net::http_client>(pool);
  fake_threads_ptr record = std::make_shared<fake_threads>();
  thread_manager_actor manager;
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

  void start(const std::string& url, std::chrono::milliseconds flush = 10s) {
    telemetry::span_dependencies deps{.http = http.get(), .settings = {.url = url}};
    deps.settings.headers.set("authorization", "Bearer x");
    deps.version = "1.2";
    deps.node = {"a"};
    deps.flush = flush;
    uut = telemetry::spawn(*sys, std::move(deps));
    manager = spawn_fake_manager(*sys, record);
    caf::anon_send(uut, manager);
  }

  void end_threads() { caf::anon_send_exit(manager, caf::exit_reason::user_shutdown); }

  /// Until the actor has ended; a minute is more than any healthy test needs.
  void wait_for_end() {
    caf::scoped_actor self{*sys};
    self->wait_for(uut);
  }

  std::int64_t counted(const char* outcome) {
    return sys->metrics()
      .counter_family<std::int64_t>("troupe", "spans", {"outcome"}, "Spans for OpenTelemetry", "1",
                                    true)
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
  start(collector.base_url() + "/traces");
  caf::anon_send(uut, batch({{1}}, {task_started{}, task_complete{}}));
  telemetry::watch_requests(uut)->on_request({.thread = {{1}}, .provider = "mock", .model = "gpt"},
                                             {.status = 200, .duration = 3ms});
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
  CHECK_EQ(spans[0].at("name").as_string(), "turn");
  CHECK_EQ(spans[1].at("name").as_string(), "model_request");
  CHECK_EQ(counted("sent"), 2);
  CHECK_EQ(counted("lost"), 0);
}

SCENARIO("a full batch is sent at once, without an end") {
  scripted_peer collector{{plain_answer(200, "{}")}};
  start(collector.base_url());
  const auto watch = telemetry::watch_requests(uut);
  for (std::size_t i = 0; i < span_outbox::max_batch; ++i)
    watch->on_request({}, {.status = 200});
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
  const auto watch = telemetry::watch_requests(uut);
  for (std::size_t i = 0; i < 2 * span_outbox::max_batch + 1; ++i)
    watch->on_ws_request({}, {.error = "closed"});
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

SCENARIO("nothing to tell: nothing is sent and the end comes at once") {
  scripted_peer collector{{plain_answer(200, "{}")}};
  start(collector.base_url());
  end_threads();
  wait_for_end();
  CHECK(collector.requests().empty());
}

END_FIXTURE_SCOPE()
