#pragma once

#include "actors/auth_manager/recovery.hpp"
#include "actors/model_client/retry_plan.hpp"
#include "messages/auth.hpp"
#include "messages/errors.hpp"
#include "messages/model_stream.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace troupe::model_client {

/// What happens for one sampling call, from its request to its end: the login it is sent with, the
/// transport, repeated attempts, the way out of a 401 and the fallback to HTTP (contract
/// responses-client.md 2.8, 3.5, 9.1, 10.6). Pure: it says what to do next, and is told how that
/// went. One per call.
class stream_call {
public:
  enum class login_source : std::uint8_t {
    given, ///< what the client was started with; nothing can replace it
    asked  ///< the auth manager's
  };

  struct plan {
    model_transport transport = model_transport::http;
    login_source login = login_source::given;
    std::uint32_t max_retries = 0; ///< of the request; the turn's own retries come on top
    std::chrono::milliseconds delay{0};
  };

  enum class step : std::uint8_t {
    ask_login,
    send_over_websocket, ///< on the turn's connection, or on one to be opened
    send_over_http,
    repair_login,
    end
  };

  struct action {
    stream_call::step step = stream_call::step::end;
    std::chrono::milliseconds delay{0};  ///< before it is sent
    std::optional<recover_login> repair; ///< what to ask the auth manager for
    /// To tell the consumer before: the server wants plain HTTP.
    bool websocket_was_refused = false;
    /// Why the call ends. None: as its last attempt did.
    std::optional<model_error> error;
  };

  explicit stream_call(plan x) : plan_(x) {}

  action start();

  action on_login(const login_snapshot& x);
  action on_repair(const login_recovery& x);

  /// The auth manager could not be asked.
  action on_login_unavailable();

  /// An HTTP attempt is over without a completed response. `jitter` as for `next_attempt_delay`.
  action on_http_failed(const attempt_outcome& x, double jitter);

  /// What a WebSocket request went over.
  enum class connection : std::uint8_t { prepared_ahead, own };

  /// There was no connection; `status` is that of an HTTP answer, else 0. One that was prepared
  /// ahead of the turn is replaced by an own one within the same call.
  action on_handshake_failed(int status, connection which);

  /// The provider asked for patience, and the governor found a later moment: the same again.
  action again() const { return {.step = way()}; }

  /// Attempts that failed since the last change of login; counts from 0.
  std::uint32_t failed_attempts() const { return failed_attempts_; }

private:
  step way() const {
    return plan_.transport == model_transport::http ? step::send_over_http
                                                    : step::send_over_websocket;
  }

  std::optional<action> repair();

  plan plan_;
  std::uint32_t failed_attempts_ = 0;
  std::optional<login_snapshot> login_; ///< the one in use, of the auth manager
  std::optional<auth_manager::recovery> recovery_;
};

} // namespace troupe::model_client
