#include "apps/common/metrics_option.hpp"

#include "actors/node_root/node.hpp"
#include "actors/telemetry/metrics_endpoint_run.hpp"
#include "apps/common/output_channel.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <unistd.h>

namespace troupe::common {

void add_metrics_option(CLI::App& app, const std::string& group,
                        std::optional<std::uint16_t>& out) {
  app
    .add_option("--metrics-port", out,
                "Serve metrics for Prometheus at http://127.0.0.1:PORT/metrics (docs/metrics.md); "
                "0: any free port, printed on stderr")
    ->type_name("PORT")
    ->check(CLI::Range(0, 65535).description("")) // an empty word would count as none
    ->group(group);
}

std::optional<std::string> announce_metrics(const node_root::node& node) {
  const auto* page = node.metrics();
  if (page == nullptr)
    return std::nullopt;
  if (!page->problem().empty())
    return page->problem();
  if (node.options().metrics_port == 0)
    output_channel{STDERR_FILENO}.write(
      fmt::format("metrics: http://127.0.0.1:{}/metrics\n", page->port()));
  return std::nullopt;
}

} // namespace troupe::common
