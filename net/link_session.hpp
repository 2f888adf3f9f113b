#pragma once

// Internal to net/: includes Asio.

#include "net/link_hub.hpp"
#include "net/unique_fd.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/stream.hpp>

namespace troupe::net {

using local_socket = asio::basic_stream_socket<asio::local::stream_protocol, io_executor>;

/// One connection between nodes: TLS on one side, CAF's end of a socket pair on the other. Reads no
/// further in either direction than it has written in the other, and no further from the peer than
/// this node's actors take it (`link_limits::unsettled_messages`). Owns itself until it is closed;
/// both ends close together.
class link_session : public conversation, public std::enable_shared_from_this<link_session> {
public:
  struct start_point {
    basp_side side;
    std::string address;                          ///< of the peer, for lines to the operator
    std::string expected;                         ///< name that the peer must have; empty: any
    std::function<void(dialled_link)> on_dialled; ///< of diallers
  };

  link_session(std::shared_ptr<link_hub> hub, tcp_socket socket, start_point from);

  void start();

  /// Closes, and says why when the link was refused or lost.
  void end(std::string_view why);

  void abandon() override;

private:
  void on_tls(const boost::system::error_code& error);
  std::string reason_of(const boost::system::error_code& error);
  std::string check_name();
  bool open_local();
  void hand_to_dialler();
  bool on_node_known();

  void read_peer();
  void read_on();
  bool has_passed_enough() const;
  void settle();
  void on_settled(bool taken);
  void on_peer_bytes(const boost::system::error_code& error, std::size_t count);
  void read_local();
  void on_local_bytes(const boost::system::error_code& error, std::size_t count);
  void watch();
  void report_dropped(std::uint64_t now, std::uint64_t& seen, std::string_view what);
  void close();
  std::string who() const;

  std::shared_ptr<link_hub> hub_;
  start_point from_;
  std::shared_ptr<asio::ssl::context> context_;
  asio::ssl::stream<tcp_socket> tls_;
  local_socket local_;
  steady_timer timer_;
  basp_questions questions_;
  basp_gate gate_;
  basp_outlet outlet_;
  std::uint64_t id_ = 0;
  std::string name_;   // by the certificate; empty: not known yet
  unique_fd for_caf_;  // until it is handed on
  std::string ticket_; // of a dialled link
  bool is_open_ = false;
  bool is_closed_ = false;
  std::vector<char> from_peer_;
  std::vector<char> from_local_;
  std::string to_local_;
  std::string to_peer_;
  std::size_t passed_bytes_ = 0; // since this node's actors had taken all
  bool is_settling_ = false;
  bool reads_after_write_ = false;
  std::uint64_t told_dropped_ = 0;
  std::uint64_t told_unsent_ = 0;
  steady_time last_heard_;
  std::optional<steady_time> writes_local_since_;
  std::optional<steady_time> writes_peer_since_;
};

} // namespace troupe::net
