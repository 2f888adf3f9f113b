#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace troupe::net {
class guardian;
}

namespace troupe::exec {

/// Registers `troupe exec`. When the command line chooses it, `selected` becomes the function that
/// runs it and returns the exit code.
void add_command(CLI::App& app, std::function<int()>& selected, const net::guardian* keeper);

/// What it ends with after a signal: Ctrl-C fails the turn, as in the released binary.
int exit_code_after(int signal);

} // namespace troupe::exec
