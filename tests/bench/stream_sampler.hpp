#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

namespace troupe::bench {

/// How many streams a node has in flight, as its own metrics page tells again and again: those that
/// are open and not held back by the governor.
class stream_sampler {
public:
  /// Begins at once. `port`: where the page is served.
  explicit stream_sampler(std::uint16_t port);

  /// Ends, and tells the most that were seen.
  std::int64_t peak();

private:
  void sample(const std::stop_token& stop);

  std::uint16_t port_;
  std::int64_t peak_ = 0;
  std::jthread thread_;
};

/// The value of a metric without labels in Prometheus' text format; 0 when it is not there.
std::int64_t metric_of(std::string_view page, std::string_view name);

/// Why this process cannot have so many streams open at once, with the remedy; empty: it can.
/// Raises the soft limit of open files to the hard one.
std::string problem_of_streams(std::uint32_t streams);

} // namespace troupe::bench
