#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace troupe::net {
class io_pool;
}

namespace troupe::telemetry {

/// What a scrape is answered from.
struct metrics_source {
  std::function<std::string()> text; ///< in the Prometheus text format; called on posted threads
  /// Runs something where it may take a while.
  std::function<void(std::function<void()>)> post;
};

/// `GET /metrics` over HTTP, on 127.0.0.1 only: names and numbers of a node are nobody else's
/// business, and there is no login. At most `max_scrapes` at once; more are answered 503.
class metrics_endpoint {
public:
  static constexpr int max_scrapes = 4;

  /// Port 0: any free one.
  metrics_endpoint(net::io_pool& pool, std::uint16_t port, metrics_source source);

  /// `stop`.
  ~metrics_endpoint();
  metrics_endpoint(const metrics_endpoint&) = delete;
  metrics_endpoint& operator=(const metrics_endpoint&) = delete;

  /// Why it cannot listen; empty: it does.
  const std::string& problem() const;
  std::uint16_t port() const;

  /// Closes everything. A scrape may still be collected on a posted thread; its answer is lost.
  void stop();

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace troupe::telemetry
