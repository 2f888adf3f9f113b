#pragma once

#include "actors/model_client/call_table.hpp"
#include "actors/model_client/client_context.hpp"
#include "actors/model_client/provider_secrets.hpp"
#include "actors/model_client/rate_governor.hpp"
#include "actors/model_client/unary_call_run.hpp"
#include "config/log_notices.hpp"
#include "messages/auth.hpp"
#include "messages/model_calls.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <variant>

namespace troupe::model_client {

using unary_request = std::variant<compact_history, summarise_traces>;
using unary_answer = std::variant<compacted_history, trace_summaries>;

/// What the desk needs of the actor that owns it; as for `stream_desk`.
struct unary_hooks {
  using operation = std::uint64_t;

  std::function<std::function<void()>(operation)> when_over;
  std::function<void(operation)> ask_login;

  /// The call is over. Of the kind that was asked for.
  std::function<void(operation, unary_answer)> deliver;
};

/// Calls that answer in one piece: remote compaction and memory summaries (contract
/// responses-client.md 11.3, 12). Repeated and governed like any request, without a way out of a
/// 401.
class unary_desk {
public:
  using operation = unary_hooks::operation;

  /// `governor` as for `stream_desk`.
  unary_desk(const client_context& context, unary_hooks hooks, rate_governor* governor,
             std::uint64_t jitter_seed);

  bool is_full() const { return calls_.is_full(); }

  enum class login_source : std::uint8_t { given, asked };
  void set_login_source(login_source source, login_snapshot x = {});

  /// Must not be full; `provider` outlives the desk. May deliver before this returns.
  void open(operation number, unary_request x, const config::provider& provider);

  void on_login(operation number, const std::optional<login_snapshot>& x);
  void on_over(operation number);
  /// The governor lets it go.
  void on_released(operation number, rate_pass pass);

  bool has(operation number) { return calls_.find(number) != nullptr; }

  /// Ends everything at once, with an error for each.
  void stop();

private:
  using clock = std::chrono::steady_clock;

  struct unary_state {
    unary_request request;
    const config::provider* provider = nullptr;
    login_snapshot login;
    std::uint32_t failed_attempts = 0;
    std::uint32_t refusals = 0;
    std::chrono::milliseconds delay{0}; // before the next attempt
    std::optional<rate_pass> pass;      // of what is under way
    std::shared_ptr<unary_attempt> attempt;
  };

  void replay(operation number, unary_state& call);
  void record(const unary_state& call) const;
  unary_answer read(const unary_request& x, const std::string& body) const;
  rate_governor::request governed(operation number, const unary_state& call) const;
  void start_when_allowed(operation number, unary_state& call);
  void start(operation number, unary_state& call);
  bool wait_again(operation number, unary_state& call, const rate_reading& refusal);
  void settle(operation number, unary_state& call, int status, const rate_reading& reading);
  observation watched_attempt(const unary_state& call, std::chrono::milliseconds delay) const;
  void finish(operation number, unary_answer x);
  void fail(operation number, model_error error);
  std::string url_of(const unary_state& call) const;
  secret_values secrets(const unary_state& call) const;

  const client_context& context_;
  unary_hooks hooks_;
  login_source login_source_ = login_source::given;
  login_snapshot given_login_;
  call_table<unary_state> calls_;
  rate_governor* governor_;
  log::notice_limit pauses_told_;
  std::mt19937_64 random_;
};

} // namespace troupe::model_client
