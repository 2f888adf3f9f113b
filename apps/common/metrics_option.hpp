#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace CLI {
class App;
}
namespace troupe::node_root {
class node;
}

namespace troupe::common {

/// Defines `--metrics-port` below `app`. What is given goes to `out`, which must live as long as
/// `app`.
void add_metrics_option(CLI::App& app, const std::string& group, std::optional<std::uint16_t>& out);

/// Prints where the metrics are on standard error, when any port was asked for. The text of a
/// problem; none: they are served, or nobody asked.
std::optional<std::string> announce_metrics(const node_root::node& node);

} // namespace troupe::common
