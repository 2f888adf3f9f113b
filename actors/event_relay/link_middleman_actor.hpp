#pragma once

#include "actors/event_relay/event_relay_actor.hpp"
#include "net/node_links.hpp"

#include <caf/fwd.hpp>
#include <caf/io/middleman_actor.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

/// CAF's side of the links that net/ verifies: a middleman actor of ours whose connections are the
/// sockets of `net::node_links`. It never connects, listens or waits itself.
namespace troupe::event_relay {

/// Type ids of what one node may say to another, and the bounds of it (docs/architecture.md,
/// "Between nodes"). Whatever is not in this list never reaches an actor.
net::basp_rules peer_rules();

/// Belongs to `main`; the system must have loaded the middleman. To be destroyed after the relay
/// has ended and before the system and the pool are.
class cluster_port {
public:
  /// Gives the system a node id that its certificate's name is in (`config::node_mark`).
  cluster_port(caf::actor_system& sys, std::unique_ptr<net::node_links> links);

  /// `stop`.
  ~cluster_port();
  cluster_port(const cluster_port&) = delete;
  cluster_port& operator=(const cluster_port&) = delete;

  net::node_links& links() { return *links_; }

  /// For `dependencies`.
  caf::io::middleman_actor dialler() const;
  link_dial dial() const;
  name_lookup name_of() const;

  /// Lets the members of the cluster dial the relay. Port 0: the system chooses. Returns the port,
  /// or why not. Blocks, for `main`.
  std::variant<std::uint16_t, std::string> publish(const caf::actor& relay, const std::string& host,
                                                   std::uint16_t port);

  /// Closes all links and waits until the middleman actor has ended. Idempotent.
  void stop();

private:
  class door;
  class middleman;
  struct shared;

  caf::actor_system& sys_;
  std::shared_ptr<net::node_links> links_;
  std::shared_ptr<shared> shared_;
  caf::io::middleman_actor middleman_;
};

} // namespace troupe::event_relay
