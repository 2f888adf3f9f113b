#pragma once

#include <cstdint>
#include <memory>

namespace troupe::test {

/// A TCP connection's way between two nodes of a test, on loopback: forwards everything, until it
/// is told not to.
class tcp_cutter {
public:
  /// Listens on a port of its own and forwards to `target_port`.
  explicit tcp_cutter(std::uint16_t target_port);
  tcp_cutter(const tcp_cutter&) = delete;
  tcp_cutter& operator=(const tcp_cutter&) = delete;
  ~tcp_cutter();

  std::uint16_t port() const;

  /// Ends all connections; new ones are ended at once.
  void cut();

  /// Holds back all bytes without ending anything: to both sides the other one falls silent. New
  /// connections are accepted and as silent.
  void stall();

  /// New connections are forwarded again. What was stalled stays so until its ends give it up.
  void restore();

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace troupe::test
