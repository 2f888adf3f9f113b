#pragma once

#include "apps/common/override_options.hpp"
#include "config/tls_files.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace troupe::node_app {

/// What the command line of `troupe node` says.
struct node_args {
  std::string name;
  std::optional<std::string> listen;
  std::string credentials; ///< folder
  std::vector<std::string> join;
  std::optional<std::string> offline;
  std::uint64_t seed = 1;
  std::optional<std::uint16_t> metrics_port;
  config::tls_files tls;
  common::override_options overrides;
};

/// Adds the subcommand, which fills `into`; both live as long as `app`.
CLI::App& add_node_command(CLI::App& app, node_args& into);

} // namespace troupe::node_app
