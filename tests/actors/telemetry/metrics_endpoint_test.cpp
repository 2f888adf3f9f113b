#define CAF_SUITE metrics_endpoint
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/client_context.hpp"
#include "actors/model_client/observer.hpp"
#include "actors/telemetry/metrics_endpoint_run.hpp"
#include "actors/telemetry/node_metrics.hpp"
#include "messages/interfaces.hpp"
#include "net/blocking_pool.hpp"
#include "net/io_pool.hpp"
#include "tests/net/raw_peer.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/group.hpp>
#include <caf/send.hpp>

#include <atomic>
#include <functional>
#include <future>
#include <string>
#include <vector>

using namespace std::literals;
using namespace troupe;
using telemetry::metrics_endpoint;

namespace {

struct fixture : test_coordinator_fixture<> {
  net::io_pool pool;

  static net::test::raw_connection ask(const metrics_endpoint& x, const std::string& line) {
    auto result = net::test::raw_connection::to(x.port());
    result.write(line + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return result;
  }

  static bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
  }
};

void run_at_once(const std::function<void()>& run) {
  run();
}

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a scrape brings what an observer was told, over a real socket") {
  telemetry::node_metrics metrics{sys};
  net::blocking_pool files;
  metrics_endpoint endpoint{pool,
                            0,
                            {.text = [&metrics] { return metrics.text(); },
                             .post = [&files](auto run) { files.post(std::move(run)); }}};
  REQUIRE_EQ(endpoint.problem(), "");
  metrics.client_observer().on_request({}, {.status = 200, .duration = 3ms});
  metrics.client_load()->open_streams = 7;
  metrics.client_load()->waiting_requests = 3;
  const auto answer = ask(endpoint, "GET /metrics").read_message();
  CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(has(answer, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  CHECK(has(answer, "# TYPE codex_api_request_total counter\n"));
  CHECK(has(answer, "codex_api_request_total{status=\"200\",success=\"true\"} 1 "));
  CHECK(has(answer, "# TYPE codex_api_request_duration_ms histogram\n"));
  CHECK(has(answer, "\ntroupe_open_streams 7 "));
  CHECK(has(answer, "\ntroupe_waiting_requests 3 "));
  CHECK(has(answer, "\ncaf_system_running_actors "));
  CHECK(!has(answer, "\ntroupe_open_sockets 0 "));
}

SCENARIO("the threads of this node are counted, those of its peers are not") {
  telemetry::node_metrics metrics{sys};
  const auto counter = metrics.count_threads({"a"});
  run();
  const auto events = sys.groups().get_local(thread_events_group);
  const auto created = [](const char* node) {
    thread_created result;
    result.node = {node};
    return result;
  };
  for (const auto* node : {"a", "a", "b"})
    caf::anon_send(events, created(node));
  run();
  CHECK(has(metrics.text(), "\ntroupe_live_threads 2 "));
  caf::anon_send(events, thread_closed{{}, "removed", {"a"}});
  caf::anon_send(events, thread_closed{{}, "node lost", {"b"}});
  run();
  CHECK(has(metrics.text(), "\ntroupe_live_threads 1 "));
  caf::anon_send_exit(counter, caf::exit_reason::user_shutdown);
  run();
}

SCENARIO("a page that has its own name for this machine gets no metrics") {
  metrics_endpoint endpoint{
    pool, 0, {.text = [] { return std::string{"secret 1"}; }, .post = run_at_once}};
  auto stranger = net::test::raw_connection::to(endpoint.port());
  stranger.write("GET /metrics HTTP/1.1\r\nHost: rebound.example\r\n\r\n");
  const auto answer = stranger.read_message();
  CHECK(answer.starts_with("HTTP/1.1 403 "));
  CHECK(!has(answer, "secret"));
}

SCENARIO("other paths and methods are refused") {
  metrics_endpoint endpoint{pool, 0, {.text = [] { return "x"s; }, .post = run_at_once}};
  CHECK(ask(endpoint, "GET /metrics?a=b").read_message().starts_with("HTTP/1.1 200 "));
  CHECK(ask(endpoint, "GET /").read_message().starts_with("HTTP/1.1 404 "));
  CHECK(ask(endpoint, "GET /metrics/x").read_message().starts_with("HTTP/1.1 404 "));
  CHECK(ask(endpoint, "POST /metrics").read_message().starts_with("HTTP/1.1 405 "));
}

SCENARIO("more scrapes at once than allowed are refused, and served again later") {
  std::vector<std::function<void()>> held; // by the one I/O thread, until all are here
  std::promise<void> all_here;
  std::atomic<bool> is_held{true};
  const auto post = [&](std::function<void()> run) {
    if (!is_held)
      return run();
    held.push_back(std::move(run));
    if (held.size() == metrics_endpoint::max_scrapes)
      all_here.set_value();
  };
  metrics_endpoint endpoint{pool, 0, {.text = [] { return "x"s; }, .post = post}};
  std::vector<net::test::raw_connection> scrapes;
  for (int i = 0; i < metrics_endpoint::max_scrapes; ++i)
    scrapes.push_back(ask(endpoint, "GET /metrics"));
  all_here.get_future().wait();
  CHECK(ask(endpoint, "GET /metrics").read_message().starts_with("HTTP/1.1 503 "));
  is_held = false;
  for (const auto& run : held)
    run();
  for (auto& scrape : scrapes)
    CHECK(scrape.read_message().starts_with("HTTP/1.1 200 "));
  CHECK(ask(endpoint, "GET /metrics").read_message().starts_with("HTTP/1.1 200 "));
}

SCENARIO("a port that is taken is a problem with a reason, not a crash") {
  metrics_endpoint first{pool, 0, {.text = [] { return "x"s; }, .post = run_at_once}};
  metrics_endpoint second{pool, first.port(), {.text = [] { return "x"s; }, .post = run_at_once}};
  CHECK(has(second.problem(), "cannot serve metrics on 127.0.0.1:" + std::to_string(first.port())));
  CHECK_EQ(second.port(), 0);
}

END_FIXTURE_SCOPE()
