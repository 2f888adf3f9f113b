#pragma once

#include "apps/common/output_channel.hpp"
#include "apps/node/node_protocol.hpp"
#include "messages/interfaces.hpp"

#include <caf/actor.hpp>
#include <caf/fwd.hpp>

#include <functional>
#include <system_error>

/// The console of `troupe node`: prints thread events of the whole cluster and carries out orders.
///
/// Owner: the command. Dynamically typed, because it joins the group of thread events. Takes lines
/// of orders from the command. Bound: one line of output at a time; threads it follows get credit
/// as their events are printed. Ends: on an exit message, its sink with it.
namespace troupe::node_app {

struct console_dependencies {
  caf::actor relay; ///< knows the thread managers of the nodes
  node_name node;
  thread_config config; ///< of the threads that are started here
  common::output_channel out;
  std::function<void(const std::error_code&)> on_lost; ///< output was lost; called once
};

caf::actor spawn_console(caf::actor_system& sys, console_dependencies deps);

/// Hands a line to the console; from any thread.
void give_order(const caf::actor& console, std::string line);

} // namespace troupe::node_app
