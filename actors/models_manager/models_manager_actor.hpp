#pragma once

#include "actors/models_manager/list_job.hpp"
#include "actors/models_manager/model_answers.hpp"
#include "actors/models_manager/refresh_desk.hpp"
#include "messages/interfaces.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

/// The actor that knows the models.
///
/// Owner: the node's root. Anyone may ask it. `get_model_info`, the `try_` questions and the masks
/// are answered at once from what is known; the lists wait for the refresh that their strategy asks
/// for, all for the same one (refresh_desk.hpp). Bounds: `limits::waiting` questions, beyond which
/// the answer is `errc::queue_full`; the answers kept for sharing,
/// `facts_cache::default_max_entries`. Waits: the model client's list and files, each step
/// `limits::step`; then the last known list is answered. Ends: on an exit message; who waits is
/// answered `errc::shutting_down`.
namespace troupe::models_manager {

struct limits {
  /// Every thread of a large node may ask for a list at once.
  std::size_t waiting = 20'000;
  /// One step of a refresh. Longer than what it consists of (10 s for a login, 5 s for the list):
  /// only a disk that hangs gets here.
  std::chrono::milliseconds step{30'000};
  /// Slugs nobody knows that are warned of, once each.
  std::size_t warned_slugs = 256;
};

/// Where lists come from.
enum class list_reach : std::uint8_t {
  nothing,  ///< simulated, recorded and replayed runs: neither network nor cache
  provider, ///< cache and network, as asked for
  /// The same, and a ChatGPT login's list is brought up to date at the start and when the login
  /// changes, in the background.
  provider_at_start,
};

struct dependencies {
  model_sources sources;
  std::function<void(std::function<void()>)> post; ///< runs what blocks, elsewhere
  config::provider_table providers;
  config::environment environment; ///< keys of providers
  model_knowledge knowledge;       ///< at the start
  list_reach reach = list_reach::nothing;
  std::filesystem::path home;
  std::string client_version;
  std::chrono::seconds cache_lifetime = models_manager::cache_lifetime;
  models_manager::limits limits;
  std::function<cache_time()> now = std::chrono::system_clock::now;
  std::function<refresh_desk::time_point()> steady_now = refresh_desk::clock::now;
};

/// Reads the cache of the current provider, so that the first answers are those of the last
/// session: blocks for one file.
models_manager_actor spawn(caf::actor_system& sys, dependencies deps);

} // namespace troupe::models_manager
