#pragma once

#include <string>

namespace CLI {
class App;
}

/// Who an agent is and how it works together with its user, as `exec` and `run` let it be chosen
/// (docs/identities.md). `into` must live until the command line is parsed; it then holds one of
/// the names, or is empty.
namespace troupe::common {

void add_identity_option(CLI::App& app, const char* group, std::string& into);
void add_mode_option(CLI::App& app, const char* group, std::string& into);

} // namespace troupe::common
