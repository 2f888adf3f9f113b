#pragma once

#include "actors/node_root/node_types.hpp"
#include "config/config.hpp"
#include "config/credentials.hpp"
#include "config/environment.hpp"
#include "config/login_store.hpp"
#include "config/node_config.hpp"
#include "config/otel.hpp"
#include "messages/interfaces.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe::model_client {
class exchange_replay;
}
namespace troupe::net {
class io_pool;
class blocking_pool;
class guardian;
} // namespace troupe::net
namespace troupe::telemetry {
class metrics_endpoint;
}

namespace troupe::node_root {

struct node_options {
  config::config settings; ///< home, providers and features of this process
  config::environment environment = config::process_environment();
  std::optional<config::login> login; ///< as the front door has read it; renewed when need be
  /// Where that key comes from again after a log-out.
  config::key_from_environment environment_key = config::key_from_environment::allowed;
  std::string originator = "codex_exec";
  std::string client_version;
  std::string name; ///< of the node; empty: made from the process id
  std::size_t io_threads = 1;
  std::size_t workers = 0; ///< actor threads; 0: the number of cores, at least 2
  config::networking networking = config::networking::none; ///< talks to other nodes?
  /// Starts `sandbox` helpers and applies patches: this program's own file.
  std::string own_program = "/proc/self/exe";
  /// Starts, bounds and ends the processes of tools; outlives the node. Null: the node does.
  const net::guardian* keeper = nullptr;
  /// Where a run keeps its results, which no tool may change; empty: there is no run.
  std::filesystem::path results;
  /// Where exchanges with providers are kept; empty: nowhere.
  std::filesystem::path record;
  /// Where metrics are served, on 127.0.0.1; 0: any free port. None: nothing is measured.
  std::optional<std::uint16_t> metrics_port;
  /// Where spans of turns, tools and requests go; none: there are none.
  std::optional<config::otel_settings> otel;
  /// A sandbox that tools are going to need: tried at the start. `on_sandbox_probed` is told once,
  /// with an empty text when it works, else with what is missing and the remedy. Not called for a
  /// policy that restricts nothing, nor when the node stops before.
  std::optional<sandbox_policy> expected_sandbox;
  std::function<void(const std::string& problem)> on_sandbox_probed;
  /// Told of each tool call that is refused because no sandbox can be set up here, or no command be
  /// started at all.
  std::function<void(const thread_id&, const std::string& problem)> on_tool_refused;
  /// What answers requests instead of the network; none: the network does.
  std::shared_ptr<model_client::exchange_replay> replay;
  /// What delays between attempts are drawn from; none: chance, so that processes that fail
  /// together do not come back together.
  std::optional<std::uint64_t> jitter_seed;
  /// How long a stop may take before the process is ended without more ado.
  std::chrono::milliseconds stop_limit{15'000};
};

/// The configured seed, or another one each time.
std::uint64_t jitter_seed_of(const node_options& x);

/// A whole node in this process: actor system, network threads, services, thread manager. Belongs
/// to `main`.
class node {
public:
  /// Ends the process with a sentence on standard error and exit code 1 when the system refuses one
  /// of its threads.
  explicit node(node_options options);

  /// `stop`.
  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  caf::actor_system& system();
  net::io_pool& io();
  net::blocking_pool& files();

  /// For what may lie on a disk that hangs.
  net::blocking_pool& tools();
  const thread_manager_actor& threads() const;
  const services_changed& services() const;
  const node_options& options() const;
  /// The page that `node_options::metrics_port` asks for; null: none.
  const telemetry::metrics_endpoint* metrics() const;

  /// Ends the threads (open turns are interrupted and recorded), then the services, then the actor
  /// system's use of them. Blocks until it is done. What a front end has spawned itself must have
  /// ended before. Idempotent.
  void stop();

private:
  struct state;
  static std::unique_ptr<state> start_threads(node_options options);

  std::unique_ptr<state> state_;
};

} // namespace troupe::node_root
