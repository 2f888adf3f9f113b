#pragma once

// Included after caf/test/bdd_dsl.hpp.

#include "actors/node_root/node.hpp"
#include "actors/node_root/thread_settings.hpp"
#include "apps/sim/simulator.hpp"
#include "net/io_pool.hpp"
#include "tests/load/turn_load_actor.hpp"
#include "tests/support/scenario_text.hpp"
#include "tests/support/temp_folder.hpp"

#include <caf/actor_registry.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace troupe::test {

/// The sizes of the figures rather than those that fit into every run of the tests.
inline bool is_full_load() {
  const auto* size = std::getenv("TROUPE_LOAD");
  return size != nullptr && std::string_view{size} == "full";
}

inline std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all{"/proc/self/fd"};
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// Whether something holds within ten seconds; looked at again and again, because nobody tells when
/// the last connection is closed or the last actor is gone.
template <class Condition>
bool comes_true(net::io_pool& pool, Condition holds) {
  for (int i = 0; i < 400 && !holds(); ++i) {
    std::promise<void> over;
    pool.after(std::chrono::milliseconds{25}, [&over] { over.set_value(); });
    over.get_future().wait();
  }
  return holds();
}

/// A provider in trouble, on threads of its own.
class troubled_provider {
public:
  explicit troubled_provider(std::string_view toml) : simulator_(pool_, scenario_of(toml)) {
    if (const auto problem = simulator_.start())
      CAF_FAIL(*problem);
  }

  ~troubled_provider() {
    simulator_.stop();
    pool_.stop();
  }

  sim::simulator_stats stats() const { return simulator_.stats(); }

  /// Retries as often as a test can afford, and notices silence early.
  config::provider entry() const {
    config::provider result;
    result.name = "simulated model";
    result.base_url = simulator_.base_url();
    result.stream_max_retries = 10;
    result.stream_idle_timeout = std::chrono::seconds{1};
    return result;
  }

  /// Whether no stream stays open.
  bool comes_to_rest() {
    return comes_true(pool_, [this] { return stats().streams_open == 0; });
  }

private:
  net::io_pool pool_;
  sim::simulator simulator_;
};

/// A whole node whose threads talk to that provider.
class loaded_node {
public:
  explicit loaded_node(const config::provider& provider, const config::request_limits& of_all = {})
    : node_({.settings = settings_for(provider, of_all), .client_version = "0.1.0"}),
      resting_actors_(node_.system().registry().running()) {}

  ~loaded_node() { node_.stop(); }

  /// Runs turns to their end. At the longest `limit`: then a thread is stuck.
  turn_tally run(std::uint32_t threads, std::uint32_t turns, std::chrono::minutes limit) {
    const auto tally = std::make_shared<turn_tally>();
    auto config = node_root::make_thread_config(node_.options().settings, {}, "test_load", "");
    auto load = spawn_turn_load(node_.system(), {node_.threads(), std::move(config), tally});
    {
      caf::scoped_actor self{node_.system()};
      self->request(load, limit, caf::put_atom_v, threads, turns)
        .receive([] {}, [&](const caf::error& x) { tally->problem = "stuck: " + to_string(x); });
    }
    caf::anon_send_exit(load, caf::exit_reason::user_shutdown);
    load = nullptr;
    return *tally;
  }

  /// Whether only the actors stay that a node without threads has. A few more or less are nobody's
  /// loss: services come and go. A thread that leaves something behind leaves hundreds.
  bool comes_to_rest() {
    constexpr std::size_t services = 8;
    return comes_true(node_.io(), [this] {
      return node_.system().registry().running() <= resting_actors_ + services;
    });
  }

private:
  config::config settings_for(const config::provider& provider,
                              const config::request_limits& of_all) {
    config::config result;
    result.home = folder_.make_folder("home");
    result.cwd = folder_.make_folder("work");
    result.model = "gpt-5.2"; // of the bundled catalogue; nothing is asked of it but its name
    result.model_provider_id = "sim";
    result.model_provider = provider;
    result.model_providers.emplace("sim", provider);
    result.model_limits = of_all;
    if (provider.supports_websockets)
      result.features.set(config::feature::responses_websockets_v2, config::feature_switch::enable);
    result.approval_policy = approval_policy::never;
    return result;
  }

  temp_folder folder_;
  node_root::node node_;
  std::size_t resting_actors_;
};

} // namespace troupe::test
