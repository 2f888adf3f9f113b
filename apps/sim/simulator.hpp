#pragma once

#include "apps/sim/scenario.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe::net {
class io_pool;
}

namespace troupe::sim {

struct simulator_options {
  std::uint16_t port = 0;            ///< 0: any free one
  std::optional<std::uint64_t> seed; ///< none: the scenario's
  std::filesystem::path log_file;    ///< empty: no log
};

struct simulator_stats {
  std::uint64_t requests = 0;     ///< to any endpoint
  std::uint64_t responses = 0;    ///< to `/responses`, with a rule
  std::uint64_t unmatched = 0;    ///< to `/responses`, answered 400: no rule or no usable body
  std::uint64_t streams_open = 0; ///< answers under way at this moment
  std::vector<std::pair<std::string, std::uint64_t>> rules;  ///< name, answers; all rules
  std::vector<std::pair<std::string, std::uint64_t>> faults; ///< kind, times; those that happened
};

/// The body of `GET /sim/stats`.
std::string to_json(const simulator_stats& x, const scenario& of, std::uint64_t seed);

/// A model provider on the loopback interface that plays a scenario (design, section 6):
/// `POST {base}/responses` as SSE, `GET {base}/models`, compaction and memory endpoints,
/// `GET /sim/stats`; any base path. A WebSocket upgrade is refused with 426, which makes clients
/// use HTTP.
///
/// For `troupe sim`, for `--offline` and for tests. Works on the threads of `pool`, which outlives
/// it.
class simulator {
public:
  simulator(net::io_pool& pool, scenario x, simulator_options options = {});
  /// `stop`.
  ~simulator();
  simulator(const simulator&) = delete;
  simulator& operator=(const simulator&) = delete;

  /// Begins to listen. The error is a sentence with the cause; none: it listens.
  std::optional<std::string> start();

  /// Closes everything at once; streams are cut.
  void stop();

  std::uint16_t port() const; ///< 0 before `start`

  /// "http://127.0.0.1:PORT/v1": what a provider entry takes as `base_url`.
  std::string base_url() const;

  simulator_stats stats() const;

private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace troupe::sim
