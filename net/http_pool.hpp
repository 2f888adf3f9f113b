#pragma once

// Internal to net/: includes Asio.

#include "net/address_book.hpp"
#include "net/connector.hpp"
#include "net/exchange_gate.hpp"
#include "net/http_client.hpp"

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <variant>

namespace troupe::net {

/// What the exchanges of one client share on one lane: idle connections per route, looked-up
/// addresses, the TLS context; and the list of the exchanges themselves.
class http_pool : public conversation, public std::enable_shared_from_this<http_pool> {
public:
  http_pool(std::shared_ptr<io_lane> lane, http_client_options options,
            std::shared_ptr<exchange_gate> gate);

  const std::shared_ptr<io_lane>& lane() const { return lane_; }
  address_book& addresses() { return *addresses_; }
  exchange_gate& gate() { return *gate_; }
  const proxy_rules& proxies() const { return options_.proxies; }
  tls_client_options::verification verify() const { return options_.tls.verify; }

  /// False: abandoned already.
  bool enrol_call(conversation& call);

  /// The most recently used idle connection of this key that is still open, else null.
  std::unique_ptr<connection> take(const std::string& key);

  /// Keeps a connection on which a response has been read to its end, or closes it if there are
  /// enough.
  void give(std::unique_ptr<connection> link);

  /// The context, or why there is none.
  using tls_result = std::variant<asio::ssl::context*, std::string>;
  tls_result tls();

  /// Ends all exchanges and closes all connections, for good.
  void abandon() override;

private:
  using shelf = std::deque<std::unique_ptr<connection>>; // oldest first

  void prune_later();
  void prune();

  std::shared_ptr<io_lane> lane_;
  http_client_options options_;
  std::shared_ptr<exchange_gate> gate_;
  std::shared_ptr<address_book> addresses_;
  std::unique_ptr<asio::ssl::context> tls_;
  std::unordered_map<std::string, shelf> idle_;
  conversation_list calls_;
  steady_timer prune_timer_;
  bool is_enrolled_ = false;
  bool is_pruning_ = false;
  bool is_closed_ = false;
};

} // namespace troupe::net
