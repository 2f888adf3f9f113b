#pragma once

#include "messages/cluster.hpp"
#include "messages/event.hpp"
#include "messages/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>

/// What `troupe node` reads on stdin and writes on stdout: JSON Lines, one order or event per line.
/// Pure.
namespace troupe::node_app {

/// `{"op":"start","node":NAME,"prompt":TEXT}`: a thread on that node ("" or absent: this one), its
/// first turn, and its events here.
struct start_order {
  std::string node;
  std::string prompt;
  bool operator==(const start_order&) const = default;
};

/// `{"op":"submit","thread_id":ID,"prompt":TEXT}`: another turn of a thread started here.
struct submit_order {
  thread_id thread;
  std::string prompt;
  bool operator==(const submit_order&) const = default;
};

/// `{"op":"list"}`: the threads known to live on this node and on those it follows, then a line
/// with their number and the nodes that are linked.
struct list_order {
  bool operator==(const list_order&) const = default;
};

using order = std::variant<start_order, submit_order, list_order>;

/// Of one line. Prompts are for people and models; this is far more than either reads.
inline constexpr std::size_t max_order_bytes = 8 * 1024 * 1024;

/// What an error is about, as far as it is known.
struct order_name {
  std::string op;
  std::optional<thread_id> thread;
};

struct order_problem {
  std::string message;
  order_name about;
};

/// The order, or what is wrong with the line. Keys that the order does not know are refused: a
/// setting that looks as if it held would be worse than none.
std::variant<order, order_problem> parse_order(std::string_view line);

/// The nodes that are linked, by name.
struct linked_nodes {
  std::set<std::string> followed; ///< their threads are seen here, and started from here
  std::set<std::string> followers;
};

/// What a linked node is to this one.
enum class peer_role : std::uint8_t { followed, follower };

/// `port`: none: nothing listens.
std::string node_started_line(const node_name& node, std::optional<std::uint16_t> port);
std::string node_joined_line(std::string_view node, peer_role role);
std::string node_left_line(std::string_view node, peer_role role);
std::string list_completed_line(std::size_t threads, const linked_nodes& nodes);
std::string thread_created_line(const thread_created& x);
std::string thread_closed_line(const thread_closed& x);
std::string event_line(const thread_id& thread, const event& x);
std::string lagged_line(const events_lagged& x);
std::string error_line(const order_problem& x);

/// Why no thread can be started on a node that this one does not follow, and what helps.
std::string no_link_text(std::string_view node, const linked_nodes& nodes);

/// "HOST:PORT", with an IPv6 host in brackets; none when it is no address.
struct endpoint {
  std::string host;
  std::uint16_t port = 0;
  bool operator==(const endpoint&) const = default;
};

std::variant<endpoint, std::string> parse_endpoint(std::string_view text);

/// The same, with "NAME@" before it or not: the node that must be there.
std::variant<add_peer, std::string> parse_peer(std::string_view text);

} // namespace troupe::node_app
