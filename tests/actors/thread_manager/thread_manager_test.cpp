#define CAF_SUITE thread_manager
#include <caf/test/bdd_dsl.hpp>

#include "actors/common/event_tap.hpp"
#include "actors/thread_manager/thread_manager_actor.hpp"
#include "actors/thread_manager/thread_table.hpp"
#include "tests/support/ask.hpp"
#include "tests/support/fake_services.hpp"

#include <caf/group.hpp>
#include <caf/group_manager.hpp>

using namespace troupe;
using namespace troupe::testing;

namespace {

struct group_log {
  std::vector<thread_created> created;
  std::vector<thread_closed> closed;
};

caf::behavior group_member(caf::event_based_actor* self, std::shared_ptr<group_log> log) {
  self->join(self->system().groups().get_local(thread_manager::thread_events_group));
  return {[log](const thread_created& x) { log->created.push_back(x); },
          [log](const thread_closed& x) { log->closed.push_back(x); }};
}

struct fixture : test_coordinator_fixture<> {
  service_log_ptr log = std::make_shared<service_log>();
  std::shared_ptr<group_log> published = std::make_shared<group_log>();
  services_changed services = spawn_fake_services(sys, log);
  caf::actor member = sys.spawn(group_member, published);
  thread_manager_actor uut;

  fixture() {
    uut = thread_manager::spawn(
      sys, {.thread = {.services = services,
                       .tools = [](const model_info&,
                                   const thread_config&) { return shared_text{"[]"}; },
                       .tmpdir = {}},
            .node = {"here"},
            .limits = {.live_threads = 3, .starting_threads = 3}});
    run();
  }

  ~fixture() {
    caf::anon_send_exit(uut, caf::exit_reason::user_shutdown);
    run();
    caf::anon_send_exit(member, caf::exit_reason::user_shutdown);
    end_services(services);
    *log = {};
    run();
  }

  template <class Result, class Message>
  caf::expected<Result> ask(Message msg) {
    return troupe::testing::ask_for<Result>(*this, uut, std::move(msg));
  }

  template <class Message>
  caf::error order(Message msg) {
    return troupe::testing::order_from(*this, uut, std::move(msg));
  }

  thread_id start() {
    thread_config config;
    config.cwd = "/work";
    auto started = ask<thread_started>(start_thread{config});
    REQUIRE(started);
    return started->thread;
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a started thread is listed, published and takes submissions") {
  GIVEN("a manager") {
    WHEN("a thread is started") {
      const auto id = start();
      THEN("everybody finds it") {
        REQUIRE_EQ(published->created.size(), 1u);
        CHECK_EQ(published->created[0].thread, id);
        CHECK_EQ(published->created[0].node.value, "here");
        auto list = ask<thread_list>(list_threads{});
        REQUIRE_EQ(list->threads.size(), 1u);
        CHECK_EQ(list->threads[0].thread, id);
        CHECK(ask<submitted>(submit_to_thread{id, {{}, user_input{{text_input{"hello"}}, {}}}}));
        CHECK_EQ(ask<thread_summary>(thread_status_request{id})->turn, "0");
        CHECK_EQ(log->streams.size(), 1u);
      }
    }
  }
}

SCENARIO("unknown threads are named in the error") {
  GIVEN("a manager without threads") {
    const auto id = new_thread_id();
    auto result = ask<thread_summary>(thread_status_request{id});
    REQUIRE(!result);
    CHECK(result.error() == errc::no_such_thread);
    CHECK(to_string(result.error()).find(to_string(id)) != std::string::npos);
    CHECK(order(remove_thread{id}) == errc::no_such_thread);
    CHECK(ask<thread_list>(list_threads{})->threads.empty());
  }
}

SCENARIO("a removed thread is gone when the answer comes, and its end is published") {
  GIVEN("two threads, one with a running turn") {
    const auto first = start();
    const auto second = start();
    CHECK(ask<submitted>(submit_to_thread{first, {{}, user_input{{text_input{"hello"}}, {}}}}));
    WHEN("it is removed") {
      CHECK(!order(remove_thread{first}));
      THEN("the other one stays") {
        CHECK_EQ(log->closed, std::vector<thread_id>{first});
        REQUIRE_EQ(published->closed.size(), 1u);
        CHECK_EQ(published->closed[0].thread, first);
        CHECK_EQ(published->closed[0].reason, "removed");
        auto list = ask<thread_list>(list_threads{});
        REQUIRE_EQ(list->threads.size(), 1u);
        CHECK_EQ(list->threads[0].thread, second);
      }
    }
  }
}

SCENARIO("a thread that fails is reported closed with the reason; the others do not notice") {
  GIVEN("two threads, the actor of one known by its stream") {
    const auto first = start();
    const auto second = start();
    CHECK(ask<submitted>(submit_to_thread{first, {{}, user_input{{text_input{"hello"}}, {}}}}));
    WHEN("it is killed") {
      caf::anon_send_exit(caf::actor_cast<caf::actor>(log->consumer), caf::exit_reason::kill);
      run();
      THEN("subscribers of the group hear of it") {
        REQUIRE_EQ(published->closed.size(), 1u);
        CHECK_EQ(published->closed[0].thread, first);
        CHECK_EQ(published->closed[0].reason, "caf::exit_reason::kill");
        CHECK(ask<thread_summary>(thread_status_request{second}));
        CHECK(!ask<thread_summary>(thread_status_request{first}));
      }
    }
  }
}

SCENARIO("closing all threads waits for the last and refuses new ones") {
  GIVEN("two threads") {
    start();
    start();
    WHEN("all are closed") {
      CHECK(!order(close_all_threads{}));
      THEN("both are gone and a start is refused") {
        CHECK_EQ(published->closed.size(), 2u);
        auto late = ask<thread_started>(start_thread{});
        REQUIRE(!late);
        CHECK(late.error() == errc::shutting_down);
      }
    }
  }
}

SCENARIO("more threads than allowed are refused at once") {
  GIVEN("a manager of three threads") {
    for (int i = 0; i < 3; ++i)
      start();
    auto fourth = ask<thread_started>(start_thread{});
    REQUIRE(!fourth);
    CHECK(fourth.error() == errc::queue_full);
  }
}

SCENARIO("a live thread is not resumed a second time") {
  GIVEN("a live thread") {
    const auto id = start();
    auto by_id = ask<thread_started>(resume_thread{id, {}, {}});
    CHECK(by_id.error() == errc::invalid_request);
    auto by_path = ask<thread_started>(
      resume_thread{{}, "/x/rollout-2026-02-07T10-15-04-" + to_string(id) + ".jsonl", {}});
    CHECK(by_path.error() == errc::invalid_request);
  }
}

SCENARIO("a failed resume leaves nothing behind") {
  GIVEN("a recorder without the rollout") {
    auto result = ask<thread_started>(resume_thread{new_thread_id(), {}, {}});
    REQUIRE(!result);
    CHECK(result.error() == errc::no_such_rollout);
    CHECK(published->created.empty());
    CHECK(ask<thread_list>(list_threads{})->threads.empty());
  }
}

SCENARIO("an id is found at the end of a rollout's name only") {
  const std::string id = "019c3762-2225-7c31-9a4e-5d0f6b7a8c21";
  CHECK_EQ(
    to_string(*thread_manager::id_in_path("/a/rollout-2026-02-07T10-15-04-" + id + ".jsonl")), id);
  CHECK(!thread_manager::id_in_path("/a/" + id + "/notes.jsonl"));
  CHECK(!thread_manager::id_in_path(""));
}

END_FIXTURE_SCOPE()
