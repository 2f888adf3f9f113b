#pragma once

#include "config/tls_files.hpp"
#include "net/wire/basp_gate.hpp"
#include "net/wire/link_lobby.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::net {

class io_pool;

struct link_limits {
  /// From the connection's first byte to the peer's name and its first frame. Over loopback a few
  /// milliseconds; a machine under load needs a second.
  std::chrono::milliseconds handshake{5000};

  /// Without a byte of an open link. CAF's peers send a beat every 2 s and leave after 7 s.
  std::chrono::milliseconds idle{20'000};

  /// For one write of at most 64 KiB: who takes nothing is gone, or wants to hold memory.
  std::chrono::milliseconds stalled{30'000};

  /// The certificates' files are looked at for a new connection, no more often than this.
  std::chrono::milliseconds look{1000};

  /// What one link may have on its way to this node's actors before it is read on, besides one
  /// frame and what the socket pair holds. A link that keeps to its windows never gets there.
  std::size_t unsettled_messages = 4096;
  std::size_t unsettled_bytes = 4 * 1024 * 1024;

  /// The actors they are for: each is asked whether it has taken them.
  std::size_t unsettled_actors = 64;

  link_lobby::limits lobby; ///< connections before membership

  /// Open links, and those of one node: two that dial each other have two for a moment, and each
  /// restart may leave one that is not yet noticed.
  std::size_t links = 600;
  std::size_t links_per_node = 8;
};

struct link_options {
  config::tls_files files;
  std::vector<std::string> members; ///< nodes that may be linked; empty: all of the cluster
  basp_rules rules;
  link_limits limits;

  /// Calls `done` once these actors, by their numbers, have taken what was passed on to them so
  /// far; with false when they do not in time. From an I/O thread; `done` from any. Empty: links
  /// are read on without asking.
  std::function<void(std::vector<std::uint64_t> actors, std::function<void(bool)> done)> settle;

  /// What an operator should know, from an I/O thread: a peer refused, a link lost, files that
  /// broke. `kind` tells apart what may repeat itself.
  std::function<void(std::string_view kind, std::string_view text)> report;
};

struct dialled_link {
  std::string ticket;  ///< for `take`; empty: there is no link
  std::string node;    ///< the peer's name by its certificate
  std::string problem; ///< why there is none
};

/// Links between nodes: TLS 1.3 with certificates of the cluster's authority on both sides, ended
/// here. What comes out is one end of a private socket pair that carries the frames of a verified
/// member (`basp_gate`); its other end, and with it the connection, closes when that one does.
///
/// Owned by `main`; must be stopped or destroyed before the pool is. Certificates are read when it
/// is opened and when their files change; files that vanish or break are reported, and the last
/// good ones stay in use.
class node_links {
public:
  /// Or why the certificates cannot be used.
  static std::variant<std::unique_ptr<node_links>, std::string> open(const io_pool& pool,
                                                                     link_options options);
  ~node_links();
  node_links(const node_links&) = delete;
  node_links& operator=(const node_links&) = delete;

  /// This node's own name, by its certificate.
  const config::node_identity& identity() const;

  /// Binds; port 0: any free one. Returns the port, or why not. Blocks for a look-up.
  std::variant<std::uint16_t, std::string> listen(const std::string& host, std::uint16_t port);

  /// Lets peers in from now on: `admit` gets the socket of each link, which it owns, on an I/O
  /// thread.
  void accept(std::function<void(int)> admit);

  /// Makes a link within the limit of handshakes. `node`: who must be there; empty: any member.
  /// `done` is called once, on an I/O thread, or dropped uncalled by a stopped pool.
  void dial(const std::string& host, std::uint16_t port, const std::string& node,
            std::function<void(dialled_link)> done);

  /// The socket of a dialled link, for its new owner; -1: the link has ended. From any thread.
  int take(const std::string& ticket);

  /// Name of the node whose links bear this node id (`basp_node_bytes`). From any thread.
  std::optional<std::string> name_of(std::string_view node_id) const;

  /// Ends listening and all links; what was given to `accept` is not called any more when it
  /// returns. Idempotent. Not from an I/O thread.
  void stop();

private:
  struct state;

  explicit node_links(std::unique_ptr<state> x);

  std::unique_ptr<state> state_;
};

} // namespace troupe::net
