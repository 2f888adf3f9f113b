#pragma once

#include <caf/actor_system_config.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace troupe::config {

/// Whether a process talks to other nodes. Modules that are not loaded cost neither threads nor
/// start-up time. Links are made and secured by `net::node_links`; CAF opens no connection itself.
enum class networking : std::uint8_t { none, cluster };

struct node_options {
  troupe::config::networking networking = troupe::config::networking::none;

  /// Workers of the scheduler; 0: one per core, at least 2.
  std::size_t threads = 0;

  /// A peer that is silent this long is dropped at the next beat (guides/caf.md 9.1).
  std::chrono::milliseconds heartbeat{2000};
  std::chrono::milliseconds connection_timeout{7000};
};

/// CAF's configuration of a process of ours (guides/caf.md 9.4, 12 and 13). Reads neither files nor
/// arguments: CAF would take a file from the working directory. The meta objects must have been
/// initialised before. What the product can be told stands in config.toml, not here.
class node_config : public caf::actor_system_config {
public:
  explicit node_config(const node_options& options);
};

} // namespace troupe::config
