#pragma once

#include "apps/sim/rate_limiter.hpp"
#include "apps/sim/simulated_model.hpp"
#include "apps/sim/statistics.hpp"
#include "apps/sim/thread_table.hpp"
#include "apps/sim/token_desk.hpp"
#include "apps/sim/ws_memory.hpp"
#include "net/wire/headers.hpp"

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace troupe::sim {

/// A simulated provider without its sockets: what it answers to a request, with all that it keeps
/// from one request to the next (threads, tokens, limits, counts). Time comes in as an argument.
/// Usable from several threads.
class simulated_service {
public:
  using time_point = std::chrono::steady_clock::time_point;

  simulated_service(sim::scenario x, std::optional<std::uint64_t> seed, time_point start);

  struct request {
    std::string_view method;
    std::string_view target;
    const net::header_list& headers;
    std::string_view body; ///< decoded
  };

  /// An answer and what led to it. The views live as long as the service.
  struct exchange {
    answer what;
    std::string_view rule; ///< name; empty: none
    std::optional<chosen_fault> broken;
    bool has_secret_body = false; ///< the request's body must not be logged
    std::string response_id;      ///< of what is answered by a rule
    std::string subscription;     ///< over WebSocket: an event that tells the figures, or empty
    decision from{0};             ///< chooses what a fault of messages leaves open
  };

  /// Any request over HTTP; a handshake is refused.
  exchange on_request(const request& x, time_point now);

  /// What was agreed in a handshake.
  struct websocket_terms {
    ws_version version = ws_version::v1;
    bool wants_timing = false;
    std::string session;                                      ///< of the handshake's headers
    std::vector<std::pair<std::string, std::string>> headers; ///< of the answer
    std::chrono::microseconds delay{0};                       ///< before the answer
  };

  /// Whether a request is the handshake of a WebSocket, so that `on_handshake` has to be asked.
  static bool is_handshake(const request& x);

  /// Accepts a handshake, or answers it (contract responses-client, section 10.2).
  std::variant<websocket_terms, exchange> on_handshake(const request& x);

  /// A request that came as a message, with its whole input.
  exchange on_message(std::string_view body, const websocket_terms& terms, time_point now);

  const simulated_model& model() const { return model_; }
  const sim::scenario& scenario() const { return model_.scenario(); }
  sim::statistics& counts() { return counts_; }
  simulator_stats stats() const { return counts_.now(scenario().rules); }

private:
  std::optional<answer> refuse_stranger(const request& x);
  exchange respond(std::string_view body, std::string_view session, transport by, time_point now);
  exchange respond_to(const request_view& view, std::string_view session, transport by);
  std::optional<answer> refuse_handshake(const request& x) const;
  exchange other(fault_target what, const request& x);
  answer other_answer(fault_target what, const request& x, const request_view& view,
                      const std::optional<chosen_fault>& broken);
  answer models(const request& x);
  answer compaction(const request_view& view);
  answer refresh(std::string_view body);
  const catalogue_version& catalogue() const;
  request_place enter(std::uint64_t thread, const request_view& view, transport by);

  const simulated_model model_;
  sim::statistics counts_;

  // A lock instead of an actor or a strand: it is held for one look-up in a hash table, and a hop
  // to another thread would cost a hundred times as much.
  std::mutex mutex_;
  thread_table threads_;
  std::optional<token_desk> tokens_;
  std::optional<rate_limiter> limiter_;
};

} // namespace troupe::sim
