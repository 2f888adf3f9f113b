#pragma once

#include "apps/sim/simulator.hpp"
#include "config/config.hpp"
#include "net/io_pool.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace troupe::common {

/// What `--offline` means: a simulated model in this process, still behind loopback HTTP. It has
/// an I/O thread of its own, so that it starts before a node and takes nothing from it.
class offline_model {
public:
  struct problem {
    std::string message; ///< for the user
    int exit_code = 0;   ///< a scenario that cannot be played is a wrong command line
  };

  /// `scenario` is the name of a built-in one or a file; empty: the default.
  static std::variant<std::unique_ptr<offline_model>, problem>
  start(const std::string& scenario, std::optional<std::uint64_t> seed);

  /// Makes the simulator the provider of all threads that run with `settings`.
  void use_in(config::config& settings) const;

private:
  offline_model(sim::scenario scenario, std::optional<std::uint64_t> seed);

  net::io_pool pool_;
  sim::simulator simulator_;
};

} // namespace troupe::common
