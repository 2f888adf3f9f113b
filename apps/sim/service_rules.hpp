#pragma once

#include "apps/sim/faults.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What a provider does beside answering: the tables `[auth]`, `[limits]`, `[rate_limits]`,
/// `[[catalogue]]` and `[chaos]` of a scenario (docs/scenarios.md), read and checked.
namespace troupe::sim {

/// Whose requests are let in. A token is what follows `Bearer ` in `Authorization`.
struct auth_rule {
  std::vector<std::string> tokens;    ///< let in from the start; may be empty
  std::vector<std::string> refreshed; ///< what refreshes hand out, one after the other, the last
                                      ///< one again and again; empty: new ones are made up
  std::optional<std::uint64_t> uses;  ///< a token is refused after so many requests; none: never
  std::string refresh_token;          ///< the first one that is taken, each of them only once;
                                      ///< empty: any one is taken, any number of times
  std::string account_id;             ///< what `ChatGPT-Account-ID` must say; empty: anything
  std::string id_token;               ///< part of what a refresh answers; empty: left out
};

/// How many requests to `/responses` are let in; beyond, they are answered 429.
struct limit_rule {
  double requests_per_second = 0; ///< 0: any number
  double burst = 1;               ///< requests that may come at once
  double tokens_per_minute = 0;   ///< 0: any number; at once: those of a whole minute
  bool is_silent = false;         ///< no answer and no refusal tells anything of the limit
};

/// A window of a subscription's rate limit (contract responses-client, section 7).
struct rate_window {
  double used_percent = 0;
  std::optional<std::int64_t> window_minutes;
  std::optional<std::int64_t> reset_at; ///< Unix seconds
};

struct credit_figures {
  bool has_credits = false;
  bool is_unlimited = false;
  std::string balance; ///< empty: not told
};

/// What the provider tells about the subscription: as headers over HTTP, as an event over
/// WebSocket.
struct subscription_figures {
  std::optional<rate_window> primary;
  std::optional<rate_window> secondary;
  std::optional<credit_figures> credits;
  std::string plan_type; ///< WebSocket only; empty: not told
};

struct listed_model {
  std::string id;
  std::int64_t context_window = 272'000;
};

/// The models listed from some response on.
struct catalogue_version {
  std::uint64_t after_responses = 0; ///< how many `/responses` were answered before
  std::string etag;                  ///< as it is sent, with its quotes; empty: none
  std::vector<listed_model> models;
};

/// What goes wrong at random.
struct chaos_rule {
  enum class group : std::uint8_t { cut, stall, corrupt, refuse };

  double share = 0;                               ///< of all exchanges, from 0 to 1
  std::array<double, 4> weights{1, 1, 1, 1};      ///< by group; at least one is positive
  std::vector<fault_effect> refusals;             ///< one of them is chosen; not empty
  std::optional<std::chrono::milliseconds> lasts; ///< of a stall; none: for ever
  /// So many attempts in a row at the same request may be hit; the next one is not.
  std::uint64_t max_attempts = 0;
};

} // namespace troupe::sim

template <>
struct troupe::enum_texts<troupe::sim::chaos_rule::group> {
  static constexpr auto values =
    std::to_array<std::string_view>({"cut", "stall", "corrupt", "refuse"});
};
