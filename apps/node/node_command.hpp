#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace troupe::net {
class guardian;
}

namespace troupe::node_app {

/// Defines the subcommand `node` on `app`. When it is parsed, `selected` becomes the function that
/// runs it and returns the exit code; `selected` must live until then.
void add_command(CLI::App& app, std::function<int()>& selected, const net::guardian* keeper);

} // namespace troupe::node_app
