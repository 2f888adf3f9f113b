#include "config/node_config.hpp"

#include "config/core_count.hpp"
#include "messages/wire_version.hpp"

#include <caf/io/middleman.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace troupe::config {

namespace {

std::size_t worker_count(std::size_t wanted) {
  return wanted != 0 ? wanted : std::max(core_count(), std::size_t{2});
}

} // namespace

node_config::node_config(const node_options& options) {
  config_file_path.clear();
  set("caf.scheduler.policy", "sharing");
  set("caf.scheduler.max-threads", worker_count(options.threads));
  // Without a limit an actor whose mailbox is never empty would keep its worker for ever.
  set("caf.scheduler.max-throughput", std::size_t{100});
  if (options.networking == networking::none)
    return;
  load<caf::io::middleman>();
  set("caf.middleman.heartbeat-interval", caf::timespan{options.heartbeat});
  set("caf.middleman.connection-timeout", caf::timespan{options.connection_timeout});
  set("caf.middleman.app-identifiers",
      std::vector<std::string>{"troupe-" + std::to_string(wire_version)});
  set("caf.middleman.workers", std::size_t{1});
}

} // namespace troupe::config
