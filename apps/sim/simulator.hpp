#pragma once

#include "apps/sim/scenario.hpp"
#include "apps/sim/statistics.hpp"
#include "net/tls.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace troupe::net {
class io_pool;
}

namespace troupe::sim {

struct simulator_options {
  std::uint16_t port = 0;            ///< 0: any free one
  std::optional<std::uint64_t> seed; ///< none: the scenario's
  std::filesystem::path log_file;    ///< empty: no log
  /// Certificate and key for https; none: http.
  std::optional<net::tls_server_options> tls = std::nullopt;
};

/// A model provider on the loopback interface that plays a scenario (design, section 6):
/// `POST {base}/responses` as SSE or over WebSocket, models, compaction, memories, token refresh
/// and `GET /sim/stats`; any base path. docs/scenarios.md describes all of it.
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

  /// "http://127.0.0.1:PORT/v1" (or https): what a provider entry takes as `base_url`.
  std::string base_url() const;

  simulator_stats stats() const;

  /// What became of the log, when some of it was lost; none: it is whole.
  std::optional<std::string> log_problem() const;

private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace troupe::sim
