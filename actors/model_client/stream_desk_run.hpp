#pragma once

#include "actors/common/deadline_queue.hpp"
#include "actors/model_client/body_compression.hpp"
#include "actors/model_client/call_table.hpp"
#include "actors/model_client/client_context.hpp"
#include "actors/model_client/connection_table.hpp"
#include "actors/model_client/http_attempt_run.hpp"
#include "actors/model_client/http_errors.hpp"
#include "actors/model_client/rate_governor.hpp"
#include "actors/model_client/shell_output.hpp"
#include "actors/model_client/stream_audience.hpp"
#include "actors/model_client/stream_call.hpp"
#include "actors/model_client/ws_session_run.hpp"
#include "config/log_notices.hpp"
#include "messages/auth.hpp"
#include "messages/model_stream.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

namespace troupe::model_client {

/// What the desk needs of the actor that owns it.
struct desk_hooks {
  using operation = std::uint64_t;

  /// A function that makes the actor call `stream_desk::on_over` with that number; callable from
  /// any thread.
  std::function<std::function<void()>(operation)> when_over;
  /// The same for `on_answer`.
  std::function<std::function<void()>(operation)> when_answered;

  /// To be answered with `on_login` and `on_repair`.
  std::function<void(operation)> ask_login;
  std::function<void(operation, recover_login)> repair_login;

  /// The stream is over; its audience has been told.
  std::function<void(operation, stream_audience&)> on_end;
};

/// For the words of an error.
response_limits response_limits_of(const config::provider& x);

/// All streams of a model client, and the WebSocket connections they use: obeys the `stream_call`
/// of each. The actor's side of it: every function is called by the actor, which drives it with
/// what the hooks promise and with `on_time`.
class stream_desk {
public:
  using operation = desk_hooks::operation;
  using clock = std::chrono::steady_clock;

  /// `governor` is shared with other desks; null: nobody governs.
  stream_desk(const client_context& context, desk_hooks hooks, rate_governor* governor,
              std::uint64_t jitter_seed);

  bool is_full() const { return calls_.is_full(); }
  operation next_number() { return calls_.next_number(); }

  /// Whether logins are asked for; else they are `x`.
  void set_login_source(stream_call::login_source source, login_snapshot x = {});

  /// Must not be full; `provider` outlives the desk. The audience may be told before this returns.
  void open(operation number, open_stream&& x, const config::provider& provider,
            std::shared_ptr<stream_audience> audience);

  void grant(operation number, std::uint32_t messages);
  void cancel(operation number);

  /// Cancels the streams whose audience `is_gone`.
  void cancel_if(const std::function<bool(stream_audience&)>& is_gone);

  /// Ends everything at once; every audience is told.
  void stop();

  void prepare(const prepare_connection& x, const config::provider& provider);
  void close(const close_connection& x);

  void on_login(operation number, const std::optional<login_snapshot>& x);
  void on_repair(operation number, const std::optional<login_recovery>& x);
  void on_over(operation number);
  void on_answer(operation number);
  /// The governor lets it go.
  void on_released(operation number, rate_pass pass);

  void on_time(clock::time_point now);
  std::optional<clock::time_point> next_time() const { return deadlines_.next(); }

private:
  struct stream_state {
    std::shared_ptr<stream_audience> audience;
    const config::provider* provider = nullptr;
    model_request request;
    stream_call call;
    login_snapshot login;
    std::uint64_t granted = 0; // nothing of it is used before an attempt succeeds
    bool is_cancelled = false;
    std::uint32_t refusals = 0;
    stream_call::step next = stream_call::step::end; // what waits for its time or for the governor
    std::optional<rate_pass> pass;                   // of what is under way
    std::shared_ptr<http_attempt> attempt;
    operation connection = 0; // session in use
    stream_call::connection connection_kind = stream_call::connection::own;
    std::shared_ptr<ws_exchange> exchange;
  };

  struct session_state {
    thread_id thread;
    std::shared_ptr<ws_session> session;
    bool is_busy = false;
    bool is_unwanted = false; // closed as soon as it is not busy any more
  };

  struct preparation {
    prepare_connection request;
    const config::provider* provider = nullptr;
  };

  bool is_offline(const model_request& x) const;
  void answer_offline(operation number, stream_state& call);
  void replay(operation number, stream_state& call);
  void record(const stream_state& call) const;
  void carry_out(operation number, stream_call::action x);
  void send_when_allowed(operation number, stream_state& call);
  void send(operation number, stream_state& call);
  void send_over_http(operation number, stream_state& call, const config::credential& with);
  void send_over_websocket(operation number, stream_state& call, const config::credential& with);
  void end(operation number, std::optional<model_error> error,
           std::optional<rate_limits> limits = {});

  void on_attempt_over(operation number, stream_state& call);
  void on_exchange_over(operation number, stream_state& call);
  void on_response_failed(operation number, stream_state& call, const ws_exchange& exchange);
  void report_attempt(operation number, stream_state& call);
  void report_handshake(operation number, stream_state& call);
  bool wait_again(operation number, stream_state& call, const http_failure& x);
  bool wait_again(operation number, stream_state& call, const rate_reading& refusal);
  void settle(stream_state& call, int status, const rate_reading& reading = {});
  void show_load() const;
  secret_values secrets(const stream_state& call) const;

  net::http_request http_request(stream_state& call, const config::credential& with);
  net::ws_request handshake_request(const handshake_origin& x, const config::provider& provider,
                                    const login_snapshot& login, const config::credential& with);
  void open_prepared(const preparation& x, const login_snapshot& login);
  operation open_session(const thread_id& thread, const std::string& provider,
                         net::ws_request request);
  void drop_session(operation number);
  void close_sessions(const std::vector<operation>& numbers);

  rate_governor::request governed(operation number, const stream_state& call) const;
  header_sources sources(const config::provider& provider, const config::credential& with) const;
  observation watched(const stream_state& call) const;
  observation watched_attempt(const stream_state& call, model_transport transport) const;
  std::string url_of(const config::provider& provider, const login_snapshot& login) const;
  double jitter();

  const client_context& context_;
  desk_hooks hooks_;
  stream_call::login_source login_source_ = stream_call::login_source::given;
  login_snapshot given_login_;
  call_table<stream_state> calls_;
  std::unordered_map<operation, session_state> sessions_;
  std::unordered_map<operation, preparation> preparations_;
  connection_table<operation> connections_; // of `sessions_`, by number
  rate_governor* governor_;
  log::notice_limit pauses_told_;
  deadline_queue<operation> deadlines_; // of delayed streams and of idle sessions
  shell_output_formatter outputs_;
  body_compressor compressor_;
  std::mt19937_64 random_;
};

} // namespace troupe::model_client
