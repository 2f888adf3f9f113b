#pragma once

#include "config/node_ceiling.hpp"
#include "messages/op.hpp"
#include "messages/thread_info.hpp"

#include <string>
#include <variant>
#include <vector>

/// What a thread that another node starts may do here: never more than the node's configuration
/// says. Pure.
namespace troupe::thread_door {

struct ceiling {
  config::node_ceiling limits;

  /// A thread of this node's own configuration. What a peer may not choose comes from here:
  /// environment of tools, shell, features, whatever belongs to a provider.
  thread_config own;

  /// Those that `limits.providers` names; a provider's address never comes from a peer.
  std::vector<thread_provider> providers;
};

/// The settings that the thread gets. What a peer asks for beyond the ceiling is lowered to it:
/// sandbox, network, writable roots. A working directory, a provider or a model that is not
/// allowed is refused, with the reason as text: another one would be a surprise.
std::variant<thread_config, std::string> clamp(thread_config asked, const ceiling& x);

/// The same for what a submission changes, and for what it asks for.
std::variant<op, std::string> clamp(op asked, const ceiling& x);

} // namespace troupe::thread_door
