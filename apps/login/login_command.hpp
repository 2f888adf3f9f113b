#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace troupe::login_app {

/// Defines the subcommands `login` and `logout` on `app`. When one is parsed, `selected` becomes
/// the function that runs it and returns the exit code; `selected` must live until then.
void add_commands(CLI::App& app, std::function<int()>& selected);

} // namespace troupe::login_app
