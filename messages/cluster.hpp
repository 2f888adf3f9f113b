#pragma once

#include "messages/ids.hpp"
#include "messages/thread_info.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What is published on the group "thread-events" and what nodes say to each other
/// (guides/caf.md 8.3, 9.3).
namespace troupe {

/// Name of the local group. Who joins hears of later events only: join first, then ask the thread
/// manager for its list, and merge by id.
inline constexpr const char* thread_events_group = "thread-events";

struct thread_created {
  thread_id thread;
  std::optional<thread_id> parent;
  session_source source;
  node_name node;
  bool operator==(const thread_created&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, thread_created& x) {
  return f.object(x).fields(f.field("thread", x.thread), f.field("parent", x.parent),
                            f.field("source", x.source), f.field("node", x.node));
}

struct thread_closed {
  thread_id thread;
  std::string reason; ///< "removed", "shutdown", "node lost" or the text of a failure
  node_name node;
  bool operator==(const thread_closed&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, thread_closed& x) {
  return f.object(x).fields(f.field("thread", x.thread), f.field("reason", x.reason),
                            f.field("node", x.node));
}

/// First message on a new link; the link counts only after the answer `hello_reply`.
struct hello {
  std::uint32_t wire_version = 0;
  node_name node;
  bool operator==(const hello&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, hello& x) {
  return f.object(x).fields(f.field("wire_version", x.wire_version), f.field("node", x.node));
}

struct hello_reply {
  std::uint32_t wire_version = 0;
  node_name node;
  bool operator==(const hello_reply&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, hello_reply& x) {
  return f.object(x).fields(f.field("wire_version", x.wire_version), f.field("node", x.node));
}

/// Asks a relay for its node's thread events from now on. Answer: `following`, the threads that
/// live there now.
struct follow {
  node_name node;
  bool operator==(const follow&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, follow& x) {
  return f.object(x).fields(f.field("node", x.node));
}

struct following {
  node_name node;
  std::vector<thread_created> live;
  bool operator==(const following&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, following& x) {
  return f.object(x).fields(f.field("node", x.node), f.field("live", x.live));
}

/// Follower to relay: `count` more relayed events were taken. A follower with too many open ones is
/// cut.
struct relay_credit {
  std::uint32_t count = 0;
  bool operator==(const relay_credit&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, relay_credit& x) {
  return f.object(x).fields(f.field("count", x.count));
}

/// Relay to follower: the follower lost too much; it dials and follows anew.
struct relay_cut {
  bool operator==(const relay_cut&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, relay_cut& x) {
  return f.object(x).fields();
}

/// Asks a relay for what starts threads on a node: on its own node, or, from inside its node, on a
/// peer it follows. Answer: a `thread_door_actor`, or `errc::node_unreachable`.
struct get_thread_manager {
  node_name node;
  bool operator==(const get_thread_manager&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, get_thread_manager& x) {
  return f.object(x).fields(f.field("node", x.node));
}

/// Tells a relay to follow the relay that is published at this address, and to dial again whenever
/// the link is lost. To be sent from inside its node, after it was published itself.
struct add_peer {
  std::string host;
  std::uint16_t port = 0;
  std::string node; ///< name that its certificate must have; empty: any of the cluster
  bool operator==(const add_peer&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, add_peer& x) {
  return f.object(x).fields(f.field("host", x.host), f.field("port", x.port),
                            f.field("node", x.node));
}

/// A link to its relay, inside a node: the peer cannot be reached any more.
struct link_down {
  node_name node;
  bool operator==(const link_down&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, link_down& x) {
  return f.object(x).fields(f.field("node", x.node));
}

} // namespace troupe
