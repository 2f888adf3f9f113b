#pragma once

#include "apps/common/settings.hpp"
#include "apps/exec/exec_args.hpp"
#include "messages/op.hpp"

#include <string>
#include <variant>

namespace troupe::exec {

/// Everything that `exec` finds out before it starts a thread.
struct exec_request {
  common::loaded_settings settings;
  user_input input; ///< images, then the prompt
  std::string prompt;
};

/// What stderr gets before the program ends with exit code 1; without a newline at its end.
struct request_refusal {
  std::string message;
};

/// Loads settings, checks the working root, reads schema, stdin and images, in the order in which
/// problems are told. `root` are the overrides that stand before the word `exec`. Blocks.
std::variant<exec_request, request_refusal> prepare_request(const exec_args& args,
                                                            common::override_options root);

} // namespace troupe::exec
