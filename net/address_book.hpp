#pragma once

// Internal to net/: includes Asio.

#include "net/io_lane.hpp"
#include "net/resolve.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace troupe::net {

/// Host names to addresses, one look-up per name at a time however many ask, and none for numeric
/// addresses. Results are kept for `resolved_address_limit`, failures are not.
class address_book : public std::enable_shared_from_this<address_book> {
public:
  using endpoints = std::vector<asio::ip::tcp::endpoint>;

  /// Called inside `look_up` when the answer is known.
  using answer = std::function<void(const boost::system::error_code&, const endpoints&)>;

  explicit address_book(std::shared_ptr<io_lane> lane);

  void look_up(const std::string& host, std::uint16_t port, answer on_answer);

  /// Drops all waiting functions uncalled.
  void abandon();

private:
  using key = std::pair<std::string, std::uint16_t>;
  struct entry {
    endpoints addresses;
    steady_time good_until{};
    std::vector<answer> waiting; // not empty: a look-up is in progress
  };

  void on_resolved(const key& name, const boost::system::error_code& error, endpoints found);
  void make_room();

  std::shared_ptr<io_lane> lane_;
  tcp_resolver resolver_;
  std::map<key, entry> entries_;
};

} // namespace troupe::net
