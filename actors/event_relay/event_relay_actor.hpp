#pragma once

#include "actors/event_relay/relay_limits.hpp"
#include "messages/interfaces.hpp"
#include "net/node_links.hpp"

#include <caf/actor.hpp>
#include <caf/io/middleman_actor.hpp>

#include <functional>
#include <optional>
#include <string>

/// Carries thread events between nodes: what one node's thread manager publishes on the group
/// `thread_events_group` is published on the same group of every node that follows it.
///
/// Owner: the node's root, which starts it after the thread manager and ends it before. Dynamically
/// typed, because it joins a group. Anyone may send it `hello`, `follow`, `relay_credit` and
/// `get_thread_manager`; `add_peer` only as a request from inside the node. Who says hello must
/// have the name that its link's certificate has. `(join_atom, actor)`, which no peer can send,
/// makes that actor hear of peers, at first of all that are there: `link_up` and `link_down` of
/// nodes that this one follows, `(join_atom, node_name)` and `(leave_atom, node_name)` of
/// followers. Bounds: `limits`. A follower that does not take events in time is cut and starts
/// again from the list. Ends: on an exit message, or with an error when the thread manager cannot
/// be asked; its links end with it.
namespace troupe::event_relay {

/// Makes a verified link to a peer and calls `done` once, from any thread.
using link_dial =
  std::function<void(const add_peer& peer, std::function<void(net::dialled_link)> done)>;

/// The name that the certificate of a linked node has; none: there is no link.
using name_lookup = std::function<std::optional<std::string>(const caf::node_id&)>;

struct dependencies {
  thread_manager_actor manager;
  node_name node;

  /// What peers get of this node; null: nothing.
  thread_door_actor door;

  /// CAF's side of links: connects to the ticket that `dial` got (`cluster_port`).
  caf::io::middleman_actor dialler;

  /// Makes the links. Empty: the dialler is asked for the address itself.
  link_dial dial;

  /// Empty: every name is believed. Only for tests.
  name_lookup name_of;

  event_relay::limits limits;
};

caf::actor spawn(caf::actor_system& sys, dependencies deps);

} // namespace troupe::event_relay
