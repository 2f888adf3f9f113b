#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace troupe::threads {

/// Defines the subcommand `threads` with `list` and `show` on `app`. When one of them is parsed,
/// `selected` becomes the function that runs it and returns the exit code; `selected` must live
/// until then.
void add_command(CLI::App& app, std::function<int()>& selected);

} // namespace troupe::threads
