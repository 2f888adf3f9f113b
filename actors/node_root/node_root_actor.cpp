#include "actors/node_root/node_root_actor.hpp"

#include "actors/common/harden.hpp"
#include "actors/node_root/restart_policy.hpp"
#include "config/log.hpp"

#include <caf/actor_system.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <array>
#include <utility>

namespace troupe::node_root {

namespace {

enum class service : std::uint8_t { auth, models, client, recorder, tools };
constexpr std::array<const char*, 5> service_names{"auth-manager", "models-manager", "model-client",
                                                   "rollout-recorder", "tool-runner"};
constexpr std::size_t service_count = service_names.size();

} // namespace

class state {
public:
  state(node_root_actor::pointer self, service_starters starters, services_changed services,
        thread_manager_actor threads)
    : self_(self), starters_(std::move(starters)), services_(std::move(services)),
      threads_(std::move(threads)) {
    harden(self_);
    self_->set_down_handler([this](caf::down_msg& x) { on_down(x); });
    self_->set_exit_handler([this](caf::exit_msg& x) { on_exit(x); });
  }

  node_root_actor::behavior_type make_behavior() {
    self_->monitor(threads_);
    for (std::size_t i = 0; i < service_count; ++i) {
      self_->monitor(handle(static_cast<service>(i)));
      policies_[i].started(restart_policy::clock::now());
    }
    return {[this](caf::get_atom) { return caf::result<services_changed>{services_}; }};
  }

  static inline const char* name = "node-root";

private:
  caf::actor handle(service x) const {
    switch (x) {
    case service::auth: return caf::actor_cast<caf::actor>(services_.auth);
    case service::models: return caf::actor_cast<caf::actor>(services_.models);
    case service::client: return caf::actor_cast<caf::actor>(services_.client);
    case service::recorder: return caf::actor_cast<caf::actor>(services_.recorder);
    case service::tools: return caf::actor_cast<caf::actor>(services_.tools);
    }
    return {};
  }

  void spawn(service x) {
    switch (x) {
    case service::auth: services_.auth = starters_.auth(); break;
    case service::models: services_.models = starters_.models(sources()); break;
    case service::client: services_.client = starters_.client(services_.auth); break;
    case service::recorder: services_.recorder = starters_.recorder(); break;
    case service::tools: services_.tools = starters_.tools(); break;
    }
  }

  model_sources sources() const { return {.client = services_.client, .auth = services_.auth}; }

  void on_down(const caf::down_msg& x) {
    if (x.source == threads_.address()) {
      // Its threads are gone with it: there is nothing to put back. Stopping is the plan, or all
      // that is left.
      if (!stopping_)
        log::error("the thread manager failed: {}", to_string(x.reason));
      threads_ended_ = true;
      return stop_services();
    }
    for (std::size_t i = 0; i < service_count; ++i)
      if (handle(static_cast<service>(i)).address() == x.source)
        return on_service_down(static_cast<service>(i), x.reason);
  }

  void on_service_down(service which, const caf::error& reason) {
    const auto index = static_cast<std::size_t>(which);
    ended_[index] = true;
    if (stopping_)
      return quit_when_done();
    const auto pause = policies_[index].failed(restart_policy::clock::now());
    log::error("{} failed and is restarted in {} ms: {}", service_names[index], pause.count(),
               to_string(reason));
    self_->run_delayed(pause, [this, which] { restart(which); });
  }

  void restart(service which) {
    if (stopping_)
      return;
    const auto index = static_cast<std::size_t>(which);
    spawn(which);
    ended_[index] = false;
    policies_[index].started(restart_policy::clock::now());
    self_->monitor(handle(which));
    caf::anon_send(threads_, services_);
    if (which == service::auth)
      caf::anon_send(services_.client, auth_changed{services_.auth});
    if (which == service::auth || which == service::client)
      caf::anon_send(services_.models, sources());
  }

  void on_exit(caf::exit_msg& x) {
    if (std::exchange(stopping_, true))
      return;
    reason_ = std::move(x.reason);
    // Who stops a node lets go of it. Without this handle the root would be gone before the threads
    // have ended, and the services, which only it holds, without having been told to end.
    held_until_done_ = node_root_actor{self_};
    if (threads_ended_)
      return stop_services();
    self_->send_exit(threads_, caf::exit_reason::user_shutdown);
  }

  /// Threads flush through the services, so these go last.
  void stop_services() {
    if (!stopping_)
      return;
    for (std::size_t i = 0; i < service_count; ++i)
      if (!ended_[i])
        self_->send_exit(handle(static_cast<service>(i)), caf::exit_reason::user_shutdown);
    quit_when_done();
  }

  void quit_when_done() {
    for (bool ended : ended_)
      if (!ended)
        return;
    self_->quit(std::move(reason_));
    held_until_done_ = nullptr;
  }

  node_root_actor::pointer self_;
  service_starters starters_;
  services_changed services_;
  thread_manager_actor threads_;
  std::array<restart_policy, service_count> policies_;
  std::array<bool, service_count> ended_{};
  bool threads_ended_ = false;
  bool stopping_ = false;
  caf::error reason_;
  node_root_actor held_until_done_;
};

started_node start(caf::actor_system& sys, service_starters starters) {
  services_changed services;
  services.auth = starters.auth();
  services.client = starters.client(services.auth);
  services.models = starters.models({.client = services.client, .auth = services.auth});
  services.recorder = starters.recorder();
  services.tools = starters.tools();
  auto threads = starters.threads(services);
  auto root = sys.spawn<caf::stateful_actor<state, node_root_actor::impl>>(std::move(starters),
                                                                           services, threads);
  return {.root = root, .threads = threads, .services = services};
}

} // namespace troupe::node_root
