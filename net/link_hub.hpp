#pragma once

// Internal to net/: includes Asio.

#include "net/io_lane.hpp"
#include "net/node_links.hpp"

#include <boost/asio/ssl/context.hpp>

#include <map>
#include <mutex>

namespace troupe::net {

class link_session;

/// What the links of a node share. Lives on one lane; what actors ask for has a lock.
class link_hub : public std::enable_shared_from_this<link_hub> {
public:
  link_hub(std::shared_ptr<io_lane> its_lane, link_options its_options,
           config::tls_material material);

  const std::shared_ptr<io_lane> lane;
  const link_options options;
  const config::node_identity identity;

  // -- on the lane

  /// For a new connection. Looks at the files first, once a second at most.
  std::shared_ptr<asio::ssl::context> context();

  void report(std::string_view kind, std::string_view text) const {
    if (options.report)
      options.report(kind, text);
  }

  /// Why a peer of this name may not be linked; empty: it may.
  std::string problem_of(const std::optional<config::node_identity>& peer,
                         const std::string& expected) const;

  std::uint64_t add(const std::shared_ptr<link_session>& x);
  void remove(std::uint64_t id);

  /// A connection that has not shown who it is. Ends another one where there are too many.
  void enter_lobby(std::uint64_t id, const std::string& address);
  void leave_lobby(std::uint64_t id) { lobby_.leave(id); }

  /// The link `id` is of the node `name`, under this node id from now on. Else why not: the node id
  /// does not bear the name's mark, or there are too many links.
  std::string_view claim(std::uint64_t id, const std::string& node_id, const std::string& name);

  void stop();
  bool is_stopped() const { return is_stopped_; }

  std::function<void(int)> admit;
  std::function<void()> close_listener;

  // -- from any thread

  std::string offer(int socket);
  int take(const std::string& ticket);
  std::optional<std::string> name_of(std::string_view node_id) const;

private:
  struct member {
    std::string name;
    std::vector<std::uint64_t> links; // oldest first
  };

  std::string fingerprint() const;
  void reload();

  std::shared_ptr<asio::ssl::context> context_;
  std::string seen_files_;
  steady_time next_look_;
  link_lobby lobby_;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, std::weak_ptr<link_session>> sessions_;
  bool is_stopped_ = false;

  mutable std::mutex mutex_;
  std::map<std::string, member, std::less<>> members_; // by node id
  std::map<std::string, int, std::less<>> tickets_;
};

/// Null: OpenSSL refuses it.
std::shared_ptr<asio::ssl::context> make_link_context(const config::tls_material& x);

} // namespace troupe::net
