#pragma once

#include <optional>
#include <string>

namespace CLI {
class App;
}
namespace troupe::node_root {
struct node_options;
}

namespace troupe::common {

/// `--record` and `--replay`, as given; at most one of them.
struct exchange_options {
  std::optional<std::string> record;
  std::optional<std::string> replay;
};

/// Defines both below `app`. What is given goes to `out`, which must live as long as `app`.
void add_exchange_options(CLI::App& app, const std::string& group, exchange_options& out);

/// Makes a node keep its exchanges with providers, or answer from such a recording, which is read
/// now. The text of a problem; none: it worked.
std::optional<std::string> use_exchanges(const exchange_options& x, node_root::node_options& out);

} // namespace troupe::common
