#define CAF_SUITE thread_door
#include <caf/test/bdd_dsl.hpp>

#include "actors/thread_door/thread_door_actor.hpp"
#include "tests/apps/fake_threads.hpp"

#include <caf/group.hpp>
#include <caf/group_manager.hpp>

using namespace troupe;

namespace {

struct fixture : test_coordinator_fixture<> {
  apps_test::fake_threads_ptr record = std::make_shared<apps_test::fake_threads>();
  thread_manager_actor manager = apps_test::spawn_fake_manager(sys, record);
  thread_door_actor door;
  std::optional<std::string> member{"other"}; // behind every node id; none: its link is gone

  fixture() { open({}); }

  ~fixture() {
    close();
    caf::anon_send_exit(manager, caf::exit_reason::user_shutdown);
    record->sink = nullptr;
    consume_messages();
  }

  void open(config::node_ceiling limits, const thread_door::limits& bounds = {}) {
    close();
    thread_config own;
    own.cwd = "/srv/node";
    door = thread_door::spawn(
      sys, {.manager = manager,
            .ceiling = {.limits = std::move(limits), .own = own, .providers = {}},
            .name_of = [this](const caf::node_id&) { return member; },
            .limits = bounds});
    consume_messages();
  }

  void close() {
    caf::anon_send_exit(door, caf::exit_reason::user_shutdown);
    door = nullptr;
    consume_messages();
  }

  template <class Answer, class Message>
  std::variant<Answer, caf::error> ask(Message x) {
    auto request = self->request(door, caf::infinite, std::move(x));
    consume_messages();
    std::variant<Answer, caf::error> result;
    request.receive([&](Answer& answer) { result = std::move(answer); },
                    [&](caf::error& error) { result = std::move(error); });
    return result;
  }

  /// Until the door has looked that often.
  void pass_minutes(int count) {
    for (int i = 0; i < count; ++i) {
      sched.clock().current_time += std::chrono::minutes{1};
      sched.trigger_timeouts();
      consume_messages();
    }
  }

  /// Why a start is refused; empty: it is not.
  std::string refusal() {
    const auto answer = ask<thread_started>(start_thread{});
    const auto* problem = std::get_if<caf::error>(&answer);
    return problem == nullptr ? std::string{} : to_string(*problem);
  }

  bool refuses_because_of(std::string_view words) {
    return refusal().find(words) != std::string::npos;
  }

  thread_id started() {
    const auto answer = ask<thread_started>(start_thread{});
    REQUIRE(std::holds_alternative<thread_started>(answer));
    return std::get<thread_started>(answer).thread;
  }

  bool may_submit(const thread_id& id) {
    return std::holds_alternative<submitted>(ask<submitted>(
      submit_to_thread{id, {.id = "1", .op = user_input{{text_input{"hello"}}, {}}}}));
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("what a peer starts is clamped") {
  start_thread x;
  x.config.sandbox_policy.mode = sandbox_mode::danger_full_access;
  REQUIRE(std::holds_alternative<thread_started>(ask<thread_started>(x)));
  REQUIRE_EQ(record->started.size(), 1u);
  CHECK_EQ(record->started[0].sandbox_policy.mode, sandbox_mode::read_only);
  x.config.cwd = "/etc";
  CHECK(std::holds_alternative<caf::error>(ask<thread_started>(x)));
  CHECK_EQ(record->started.size(), 1u);
}

SCENARIO("a peer reaches the threads that were started through the door, and no others") {
  const auto own = apps_test::fake_threads::id(77);
  CHECK(!may_submit(own));
  CHECK(std::holds_alternative<caf::error>(ask<thread_summary>(thread_status_request{own})));
  auto removal = self->request(door, caf::infinite, remove_thread{own});
  consume_messages();
  bool is_refused = false;
  removal.receive([] {}, [&](const caf::error&) { is_refused = true; });
  CHECK(is_refused);
  CHECK(record->removed.empty());
  const auto lent = started();
  CHECK(may_submit(lent));
  CHECK_EQ(record->submissions.size(), 1u);
}

SCENARIO("credit of a peer reaches the threads that were started through the door only") {
  caf::anon_send(door, event_credit{apps_test::fake_threads::id(77), {}, 5});
  consume_messages();
  CHECK_EQ(record->credit, 0u);
  caf::anon_send(door, event_credit{started(), {}, 5});
  consume_messages();
  CHECK_EQ(record->credit, 5u);
}

SCENARIO("requests of a node beyond its bound are refused") {
  open({}, {.open_requests = 0});
  CHECK(refuses_because_of("too many requests of this node are open"));
}

SCENARIO("a turn's settings are clamped, too") {
  const auto lent = started();
  user_turn turn;
  turn.settings.sandbox_policy = sandbox_policy{.mode = sandbox_mode::danger_full_access};
  ask<submitted>(submit_to_thread{lent, {.id = "1", .op = turn}});
  REQUIRE_EQ(record->submissions.size(), 1u);
  const auto& got = std::get<user_turn>(record->submissions[0].submission.op);
  CHECK_EQ(got.settings.sandbox_policy->mode, sandbox_mode::read_only);
}

SCENARIO("threads are bounded, and ended ones make room") {
  config::node_ceiling limits;
  limits.max_threads = 1;
  open(limits);
  const auto first = started();
  CHECK(std::holds_alternative<caf::error>(ask<thread_started>(start_thread{})));
  caf::anon_send(sys.groups().get_local(thread_events_group),
                 thread_closed{first, "removed", {"a"}});
  consume_messages();
  CHECK(!may_submit(first));
  started();
}

SCENARIO(
  "a start that fails gives its place back, and so does a thread that nobody knows any more") {
  config::node_ceiling limits;
  limits.max_threads = 1;
  open(limits);
  record->start_error = caf::make_error(errc::internal, "no");
  CHECK(refuses_because_of("no"));
  record->start_error = {};
  const auto lost = started();
  member = std::nullopt;
  record->state = std::nullopt;
  pass_minutes(11);
  CHECK(record->removed.empty());
  CHECK(!may_submit(lost));
  member = "other";
  started();
}

SCENARIO("no member takes the places of the others, and the full house is told") {
  config::node_ceiling limits;
  limits.max_threads = 4;
  limits.max_threads_per_member = 2;
  open(limits);
  member = "greedy";
  started();
  started();
  CHECK(refuses_because_of("node greedy has 2 threads here, its share"));
  member = "other";
  started();
  started();
  member = "third";
  CHECK(refuses_because_of("greedy 2"));
}

SCENARIO("idle threads of a node that is gone are closed, those of others and busy ones are not") {
  record->state = thread_state::idle;
  const auto thread = started();
  pass_minutes(30);
  CHECK(record->removed.empty());
  member = std::nullopt;
  pass_minutes(8);
  CHECK(record->removed.empty());
  CHECK(may_submit(thread)); // by somebody else: the patience begins again
  pass_minutes(8);
  CHECK(record->removed.empty());
  record->state = thread_state::running;
  pass_minutes(8);
  CHECK(record->removed.empty());
  record->state = thread_state::idle;
  pass_minutes(1);
  CHECK_EQ(record->removed, std::vector{thread});
}

SCENARIO("a member whose link has ended starts nothing") {
  member = std::nullopt;
  CHECK(refuses_because_of("the link has ended"));
}

END_FIXTURE_SCOPE()
