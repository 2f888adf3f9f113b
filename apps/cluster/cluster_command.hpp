#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace troupe::cluster_app {

/// Defines the subcommand `cluster` on `app`. When it is parsed, `selected` becomes the function
/// that runs it and returns the exit code; `selected` must live until then.
void add_command(CLI::App& app, std::function<int()>& selected);

} // namespace troupe::cluster_app
