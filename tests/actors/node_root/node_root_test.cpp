#define CAF_SUITE node_root
#include <caf/test/bdd_dsl.hpp>

#include "actors/node_root/node_root_actor.hpp"
#include "actors/node_root/restart_policy.hpp"
#include "actors/thread_manager/thread_manager_actor.hpp"
#include "tests/support/fake_services.hpp"

#include <functional>

using namespace troupe;
using namespace troupe::testing;

namespace {

struct fixture : test_coordinator_fixture<> {
  service_log_ptr log = std::make_shared<service_log>();
  int clients_started = 0;
  int recorders_started = 0;
  auth_manager_actor auth_of_client; ///< that the last one was started with
  node_root::started_node uut;

  fixture() {
    uut = node_root::start(
      sys, {.auth = [this] { return sys.spawn(fake_auth); },
            .client =
              [this](const auth_manager_actor& auth) {
                auth_of_client = auth;
                ++clients_started;
                return sys.spawn(fake_client, log);
              },
            .models = [this](const model_sources&) { return sys.spawn(fake_models, log); },
            .recorder =
              [this] {
                ++recorders_started;
                return sys.spawn(fake_recorder, log);
              },
            .tools = [this] { return sys.spawn(fake_tools, log); },
            .threads =
              [this](const services_changed& x) {
                return thread_manager::spawn(
                  sys, {.thread = {.services = x,
                                   .tools = [](const model_info&,
                                               const thread_config&) { return shared_text{"[]"}; },
                                   .tmpdir = {}},
                        .node = {"here"},
                        .limits = {}});
              }});
    run();
  }

  ~fixture() {
    if (uut.root)
      caf::anon_send_exit(uut.root, caf::exit_reason::user_shutdown);
    run();
    uut = {};
    auth_of_client = nullptr;
    *log = {};
  }

  services_changed services() {
    services_changed result;
    auto pending = self->request(uut.root, caf::infinite, caf::get_atom_v);
    sched.run();
    pending.receive([&](services_changed& x) { result = std::move(x); },
                    [](const caf::error& x) { CAF_FAIL(x); });
    return result;
  }

  template <class Handle>
  void fail(const Handle& x) {
    self->send_exit(x, caf::make_error(errc::internal, "broken on purpose"));
    sched.run(); // lets no time pass, unlike run()
  }

  void let_pauses_pass(std::chrono::milliseconds x) {
    sched.clock().current_time += x;
    sched.clock().trigger_timeouts();
    sched.run();
  }

  void run_a_turn() {
    thread_config config;
    config.cwd = "/work";
    thread_id thread;
    auto started = self->request(uut.threads, caf::infinite, start_thread{config});
    run();
    started.receive([&](thread_started& x) { thread = x.thread; },
                    [](const caf::error& x) { CAF_FAIL(x); });
    submit_to_thread input{.thread = thread, .submission = {}};
    input.submission.op = user_input{.items = {text_input{"go"}}};
    auto submitted = self->request(uut.threads, caf::infinite, input);
    run();
    submitted.receive([](troupe::submitted&) {}, [](const caf::error& x) { CAF_FAIL(x); });
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a service that fails is started again and the threads use the new one") {
  const auto before = services();
  fail(before.client);
  let_pauses_pass(std::chrono::milliseconds{0});
  CHECK_EQ(clients_started, 2);
  const auto after = services();
  CHECK_NE(after.client, before.client);
  CHECK_EQ(after.recorder, before.recorder);
  run_a_turn();
  CHECK_EQ(log->streams.size(), 1u);
}

SCENARIO("the models manager hears of a new client and a new auth manager") {
  fail(services().client);
  let_pauses_pass(std::chrono::milliseconds{0});
  REQUIRE_EQ(log->model_sources.size(), 1u);
  CHECK_EQ(log->model_sources[0].client, services().client);
  CHECK_EQ(log->model_sources[0].auth, services().auth);
  fail(services().auth);
  let_pauses_pass(std::chrono::milliseconds{0});
  REQUIRE_EQ(log->model_sources.size(), 2u);
  CHECK_EQ(log->model_sources[1].auth, services().auth);
  CHECK_NE(log->model_sources[1].auth, log->model_sources[0].auth);
}

SCENARIO("a service that fails again comes back after a pause") {
  fail(services().client);
  let_pauses_pass(std::chrono::milliseconds{0});
  REQUIRE_EQ(clients_started, 2);
  fail(services().client);
  CHECK_EQ(clients_started, 2);
  let_pauses_pass(node_root::restart_policy::first_pause);
  CHECK_EQ(clients_started, 3);
}

SCENARIO("services fail and come back independently of each other") {
  const auto before = services();
  fail(before.client);
  fail(before.recorder);
  let_pauses_pass(std::chrono::milliseconds{0});
  CHECK_EQ(clients_started, 2);
  CHECK_EQ(recorders_started, 2);
  CHECK_EQ(services().models, before.models);
}

SCENARIO("the model client hears of a new auth manager, and a new client gets the present one") {
  const auto before = services();
  CHECK_EQ(auth_of_client, before.auth);
  fail(before.auth);
  let_pauses_pass(std::chrono::milliseconds{0});
  const auto after = services();
  CHECK_NE(after.auth, before.auth);
  CHECK_EQ(after.client, before.client);
  REQUIRE_EQ(log->auths.size(), 1u);
  CHECK_EQ(log->auths.front(), after.auth);
  fail(after.client);
  let_pauses_pass(std::chrono::milliseconds{0});
  CHECK_EQ(auth_of_client, after.auth);
}

SCENARIO("a stop ends the thread manager, the services and the root") {
  const auto all = services();
  std::vector<caf::actor> ended{
    caf::actor_cast<caf::actor>(uut.threads), caf::actor_cast<caf::actor>(all.models),
    caf::actor_cast<caf::actor>(all.client),  caf::actor_cast<caf::actor>(all.recorder),
    caf::actor_cast<caf::actor>(all.tools),   caf::actor_cast<caf::actor>(all.auth),
    caf::actor_cast<caf::actor>(uut.root)};
  for (const auto& x : ended)
    self->monitor(x);
  caf::anon_send_exit(uut.root, caf::exit_reason::user_shutdown);
  run();
  std::vector<caf::actor_addr> order;
  for (std::size_t i = 0; i < ended.size(); ++i)
    self->receive([&](caf::down_msg& x) { order.push_back(x.source); });
  CHECK_EQ(order.front(), uut.threads.address());
  CHECK_EQ(order.back(), uut.root.address());
}

SCENARIO("a node that everybody has let go of is stopped in order all the same") {
  run_a_turn(); // the thread manager has a thread to wait for
  std::vector<caf::actor> services_of_node;
  {
    const auto all = services();
    services_of_node = {caf::actor_cast<caf::actor>(all.auth),
                        caf::actor_cast<caf::actor>(all.client),
                        caf::actor_cast<caf::actor>(all.recorder)};
  }
  for (const auto& x : services_of_node)
    self->monitor(x);
  services_of_node.clear();
  auth_of_client = nullptr;
  caf::anon_send_exit(uut.root, caf::exit_reason::user_shutdown);
  uut = {};
  run();
  std::vector<caf::error> reasons;
  for (int i = 0; i < 3; ++i)
    self->receive([&](caf::down_msg& x) { reasons.push_back(x.reason); },
                  caf::after(std::chrono::milliseconds{0}) >> [] {});
  CHECK_EQ(reasons, std::vector<caf::error>(3, caf::exit_reason::user_shutdown));
}

SCENARIO("a stop while a service waits for its restart ends all the same") {
  fail(services().client);
  let_pauses_pass(std::chrono::milliseconds{0});
  fail(services().client); // waits for its pause now
  self->monitor(uut.root);
  caf::anon_send_exit(uut.root, caf::exit_reason::user_shutdown);
  sched.run();
  bool is_down = false;
  self->receive([&](caf::down_msg& x) { is_down = x.source == uut.root.address(); },
                caf::after(std::chrono::milliseconds{0}) >> [] {});
  CHECK(is_down);
  let_pauses_pass(node_root::restart_policy::longest_pause);
  CHECK_EQ(clients_started, 2);
}

END_FIXTURE_SCOPE()
