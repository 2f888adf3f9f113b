#pragma once

#include "actors/event_relay/event_relay_actor.hpp"

#include <caf/fwd.hpp>

#include <string>

/// One node's link to one peer: dials it, follows its relay and publishes what comes from there
/// into this node's group.
///
/// Owner: the relay, linked with it both ways. Takes `thread_created`, `thread_closed` and
/// `relay_cut` from the peer's relay while it follows. Dials again for ever, with growing waits.
/// Ends: with the relay.
namespace troupe::event_relay {

struct link_dependencies {
  caf::actor relay; ///< hears `link_up` and `link_down`
  node_name node;   ///< this one
  add_peer peer;
  caf::io::middleman_actor dialler;
  link_dial dial;
  name_lookup name_of;
  event_relay::limits limits;
};

caf::actor spawn_link(caf::event_based_actor* owner, link_dependencies deps);

} // namespace troupe::event_relay
