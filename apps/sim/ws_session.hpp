#pragma once

#include "apps/sim/pace_wheel.hpp"
#include "apps/sim/simulated_service.hpp"
#include "apps/sim/ws_memory.hpp"
#include "apps/sim/ws_script.hpp"
#include "net/http_server.hpp"
#include "net/websocket.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace troupe::sim {

/// One WebSocket of the simulated provider: reads requests, performs their answers one at a time.
/// A request that comes while another is being answered closes the socket with 1008, because no
/// client of this API does that. Lives on the I/O thread of its connection and as long as that: the
/// handlers own it.
class ws_session : public paced, public std::enable_shared_from_this<ws_session> {
public:
  struct dependencies {
    std::weak_ptr<simulated_service> service;
    std::shared_ptr<pace_wheel> wheel;
    shared_counter open;  ///< sockets
    shared_gauge streams; ///< answers under way
    /// Told of every request with its whole body.
    std::function<void(std::string_view body, const simulated_service::exchange&)> on_answered;
  };

  ws_session(dependencies deps, simulated_service::websocket_terms terms);
  ~ws_session() override;

  /// Accepts the handshake and serves the socket until it ends.
  void start(const net::responder& to);

  void on_due() override;

private:
  using clock = std::chrono::steady_clock;

  void accept(const net::responder& to);
  void on_message(std::string_view text);
  void refuse(const ws_memory::problem& x);
  void perform(ws_script script, std::string response_id);
  void go_on();
  void do_step(const ws_script::step& x);
  void end();
  void finish();
  void repeat();
  void wait_until(clock::time_point when);

  dependencies deps_;
  simulated_service::websocket_terms terms_;
  ws_memory memory_;
  std::optional<net::responder> waiting_; // a handshake whose answer is delayed
  net::ws_handle socket_;

  bool is_answering_ = false;
  ws_script script_;
  std::string response_id_;
  std::size_t next_step_ = 0;
  clock::time_point due_; // of the next step
};

} // namespace troupe::sim
