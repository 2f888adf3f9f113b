#pragma once

#include "apps/sim/scenario.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::sim {

/// What has happened since the simulator started, at one moment.
struct simulator_stats {
  std::uint64_t requests = 0;     ///< to any endpoint, and messages on WebSockets
  std::uint64_t responses = 0;    ///< to `/responses`, with a rule
  std::uint64_t unmatched = 0;    ///< to `/responses`, answered 400: no rule or no usable body
  std::uint64_t streams_open = 0; ///< answers under way at this moment
  std::uint64_t streams_peak = 0; ///< most of them at once
  std::vector<std::pair<std::string, std::uint64_t>> rules;  ///< name, answers; all rules
  std::vector<std::pair<std::string, std::uint64_t>> faults; ///< kind, times; those that happened

  std::uint64_t refused = 0;      ///< 429 by `[limits]`
  std::uint64_t unauthorized = 0; ///< 401 by `[auth]`
  std::uint64_t refreshes = 0;    ///< of tokens, granted
  std::uint64_t models = 0;       ///< catalogues and lists sent
  std::uint64_t not_modified = 0; ///< 304 in place of a catalogue
  std::uint64_t compactions = 0;
  std::uint64_t memories = 0;
  std::uint64_t handshakes = 0;      ///< of WebSockets, accepted
  std::uint64_t websockets_open = 0; ///< at this moment
};

/// The body of `GET /sim/stats`.
std::string to_json(const simulator_stats& x, std::string_view scenario_name, std::uint64_t seed);

/// A number that is counted in by several threads.
using counter = std::atomic<std::uint64_t>;

inline void count(counter& x) {
  x.fetch_add(1, std::memory_order_relaxed);
}

/// Counts what is under way. Shared, because an exchange may outlive the simulator by a moment.
using shared_counter = std::shared_ptr<counter>;

/// Streams under way, and the most that were at once. Shared as above.
class stream_gauge {
public:
  void enter();
  void leave() { open_.fetch_sub(1, std::memory_order_relaxed); }

  std::uint64_t open() const { return open_.load(std::memory_order_relaxed); }
  std::uint64_t peak() const { return peak_.load(std::memory_order_relaxed); }

private:
  counter open_{0};
  counter peak_{0};
};

using shared_gauge = std::shared_ptr<stream_gauge>;

/// Where the statistics are counted.
struct statistics {
  explicit statistics(std::size_t rules) : by_rule(rules) {}

  simulator_stats now(const std::vector<rule>& rules) const;

  counter requests{0};
  counter responses{0};
  counter unmatched{0};
  counter refused{0};
  counter unauthorized{0};
  counter refreshes{0};
  counter models{0};
  counter not_modified{0};
  counter compactions{0};
  counter memories{0};
  counter handshakes{0};
  const shared_gauge streams = std::make_shared<stream_gauge>();
  const shared_counter websockets_open = std::make_shared<counter>(0);
  std::vector<counter> by_rule;
  std::array<counter, enum_texts<fault_kind>::values.size()> by_fault{};
};

} // namespace troupe::sim
