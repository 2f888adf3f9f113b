#define CAF_SUITE telemetry_follow
#include <caf/test/bdd_dsl.hpp>

#include "actors/telemetry/telemetry_actor.hpp"
#include "tests/apps/fake_threads.hpp"

#include <caf/group.hpp>
#include <caf/send.hpp>

using namespace troupe;
using namespace troupe::apps_test;

namespace {

/// Without network: no span is ever finished here.
struct fixture : test_coordinator_fixture<> {
  fake_threads_ptr record = std::make_shared<fake_threads>();
  thread_manager_actor manager = spawn_fake_manager(sys, record);
  telemetry::telemetry_actor uut;

  fixture() {
    telemetry::telemetry_dependencies deps;
    deps.node = {"a"};
    deps.settings.traces.emplace();
    deps.intake = std::make_shared<telemetry::intake>(1);
    uut = telemetry::spawn(sys, std::move(deps));
    run();
  }

  ~fixture() {
    record->sink = nullptr;
    caf::anon_send_exit(uut, caf::exit_reason::user_shutdown);
    uut = nullptr;
    caf::anon_send_exit(manager, caf::exit_reason::user_shutdown);
    manager = nullptr;
    run();
  }

  void create(const char* node) {
    thread_created created{.thread = {{1}}, .parent = {}, .source = {}, .node = {node}};
    caf::anon_send(sys.groups().get_local(thread_events_group), created);
    run();
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("each thread of this node is followed, those of peers are not") {
  caf::anon_send(uut, manager);
  create("b");
  CHECK(!record->sink);
  create("a");
  CHECK(record->sink);
}

SCENARIO("events cost a thread no credit for long") {
  caf::anon_send(uut, manager);
  create("a");
  REQUIRE(record->sink);
  caf::anon_send(record->sink, batch({{1}}, {task_started{}, token_count{}}));
  run();
  CHECK_EQ(record->credit, 2u);
}

SCENARIO("a thread that nobody manages yet is not followed") {
  create("a");
  CHECK(!record->sink);
}

END_FIXTURE_SCOPE()
