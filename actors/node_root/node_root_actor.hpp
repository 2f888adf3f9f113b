#pragma once

#include "messages/interfaces.hpp"

#include <functional>

/// Starts, supervises and stops the services of a node.
///
/// Owner: the `node`. It monitors the services; one that fails is started again after a pause
/// that grows while it keeps failing (restart_policy.hpp), and everyone who holds its handle gets
/// the new one through the thread manager; the model client hears of a new auth manager, the models
/// manager of both. Until then its callers get an error that may be retried. Ends: on an exit
/// message, after the thread manager and the services have ended, in that order.
namespace troupe::node_root {

using node_root_actor = caf::typed_actor<
  /// The services as they are now.
  caf::result<services_changed>(caf::get_atom)>;

/// Starts a service; called again when it failed.
struct service_starters {
  std::function<auth_manager_actor()> auth;
  std::function<model_client_actor(const auth_manager_actor&)> client;
  std::function<models_manager_actor(const model_sources&)> models;
  std::function<rollout_recorder_actor()> recorder;
  std::function<tool_runner_actor()> tools;
  std::function<thread_manager_actor(const services_changed&)> threads;
};

struct started_node {
  node_root_actor root;
  thread_manager_actor threads;
  services_changed services;
};

started_node start(caf::actor_system& sys, service_starters starters);

} // namespace troupe::node_root
