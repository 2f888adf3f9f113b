#pragma once

#include "actors/model_client/rate_lane.hpp"
#include "messages/ids.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace troupe::model_client {

/// What a request costs is estimated from its length (contract responses-client.md 14).
inline constexpr double bytes_per_token = 4;

/// Limits that the configuration sets; 0: none.
struct configured_limits {
  double requests_per_minute = 0;
  double tokens_per_minute = 0;
  std::size_t streams = 0; ///< under way at once
};

struct governor_settings {
  configured_limits total;                               ///< all providers together
  std::map<std::string, configured_limits> per_provider; ///< all models of a provider together

  /// A refused request waits and is sent again that often; then the refusal is the error of the
  /// call. Eight refusals in a row, with the waits between them, are no matter of luck any more.
  std::uint32_t max_refusals = 8;
};

/// Decides when each request of this process may be sent, so that a fleet of threads shares what
/// the providers allow instead of being refused. One lane per provider and model; within a lane the
/// threads that wait take turns, and the requests of one thread keep their order. Pure: times are
/// arguments, and what is due is asked for.
///
/// What waits is bounded by what its user lets in.
class rate_governor {
public:
  using time_point = rate_lane::time_point;
  using operation = std::uint64_t;

  /// Models beyond these share a lane per provider.
  static constexpr std::size_t max_lanes = 1024;

  explicit rate_governor(governor_settings settings = {});

  struct request {
    rate_governor::operation operation = 0;
    thread_id thread;
    std::string provider;
    std::string model;
    double tokens = 0; ///< an estimate of what it will cost
  };

  /// The pass of a request that may be sent now. None: it waits, and `release` gives its pass.
  std::optional<rate_pass> admit(const request& x, time_point now);

  /// Whether a refusal is likely to pass: it speaks of limits, or the same model has answered
  /// before. A provider that says no and nothing else from the start means it.
  bool will_pass(const request& x, const rate_reading& refusal) const;

  /// A refused request waits again, ahead of the others.
  void readmit(const request& x, time_point now);

  struct released {
    rate_governor::operation operation = 0;
    rate_pass pass;
  };

  /// The waiting requests that may be sent now.
  std::vector<released> release(time_point now);

  /// When `release` will be of use; none while nothing waits.
  std::optional<time_point> next_release() const { return next_release_; }

  /// It does not wait any more.
  void withdraw(operation x);

  /// What was sent for it has come to its end; nothing happens when it was told before. To be told
  /// after `admit` or `release` has given a pass, and again after each further pass.
  void on_over(operation x, time_point now);

  /// After `rate_pass::settle` has said so. `status` 0: there was no answer.
  void on_answer(const rate_pass& pass, int status, const rate_reading& reading, time_point now);

  std::size_t waiting() const { return places_.size(); }
  std::uint32_t max_refusals() const { return settings_.max_refusals; }

  /// Of a provider and model that has been used.
  const rate_lane* find_lane(const std::string& provider, const std::string& model) const;

private:
  struct waiting_request {
    rate_governor::operation operation = 0;
    double tokens = 0;
  };

  struct budgets {
    explicit budgets(const configured_limits& x = {})
      : requests(x.requests_per_minute), tokens(x.tokens_per_minute), max_open(x.streams) {}

    bool has_room() const { return max_open == 0 || open < max_open; }

    paced_budget requests;
    paced_budget tokens;
    std::size_t max_open;
    std::size_t open = 0; ///< streams under way
  };

  struct lane_entry {
    rate_lane rate;
    budgets* provider = nullptr;
    std::deque<thread_id> turns; ///< threads with waiting requests, the next one first
    std::unordered_map<thread_id, std::deque<waiting_request>> queues;
  };

  struct place {
    std::size_t lane = 0;
    thread_id thread;
  };

  enum class position : std::uint8_t { first, last };

  std::size_t lane_of(const std::string& provider, const std::string& model);
  void enqueue(const request& x, std::size_t lane, position where, time_point now);
  time_point ready_at(lane_entry& lane, double tokens, time_point now);
  rate_pass send(std::size_t lane, const waiting_request& x, time_point now);
  bool release_one(std::size_t lane, time_point now, std::vector<released>& out);
  void plan(time_point now);

  governor_settings settings_;
  bool counts_streams_ = false; // somebody limits them
  budgets total_;
  std::map<std::string, budgets> per_provider_;
  std::map<std::pair<std::string, std::string>, std::size_t, std::less<>> lane_numbers_;
  std::deque<lane_entry> lanes_; // never shrinks: passes name lanes by number
  std::size_t next_lane_ = 0;    // whose turn it is
  std::unordered_map<operation, place> places_;
  std::unordered_map<operation, std::size_t> open_; // lanes of what is under way, if it counts
  std::optional<time_point> next_release_;
};

} // namespace troupe::model_client
