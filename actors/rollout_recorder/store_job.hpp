#pragma once

#include "actors/rollout_recorder/rollout_store.hpp"
#include "actors/rollout_recorder/stored_threads.hpp"

#include <cstdint>
#include <optional>
#include <variant>

namespace troupe::rollout_recorder {

/// One piece of blocking work on its way: made by the actor, run by a pool thread, read by the
/// actor when it is over. Belongs to one of them at a time.
struct store_job {
  using request_type = std::variant<create_rollout, load_rollout, list_rollouts, append_job>;

  template <class T>
  using or_error = std::variant<T, store_error>;
  using created = or_error<created_rollout>;
  using loaded = or_error<loaded_rollout>;
  using listed = or_error<rollout_page>;
  using result_type = std::variant<std::monostate, created, loaded, listed, append_outcome>;

  std::uint64_t number = 0;
  std::optional<thread_id> thread; ///< whose file it is about, as far as that is known
  request_type request;
  result_type result;

  /// Blocks. Never throws: what goes wrong beyond the store's own errors is one of them,
  /// `internal`.
  void run(const store_settings& settings);
};

} // namespace troupe::rollout_recorder
