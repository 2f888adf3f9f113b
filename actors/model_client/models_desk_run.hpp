#pragma once

#include "actors/model_client/call_table.hpp"
#include "actors/model_client/client_context.hpp"
#include "messages/auth.hpp"
#include "messages/models.hpp"
#include "net/http_client.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>

namespace troupe::model_client {

/// What the desk needs of the actor that owns it; as for `unary_desk`.
struct models_hooks {
  using operation = std::uint64_t;

  std::function<std::function<void()>(operation)> when_over;
  std::function<void(operation)> ask_login;
  std::function<void(operation, fetched_models)> deliver;
};

/// Lists of models (contract models-manager.md 6). Repeated like any request, but with one limit
/// for all attempts together, `limits::model_list`; without a way out of a 401, not governed, not
/// reported to the observer and not recorded: what a run knows of its models is no part of a
/// replay.
class models_desk {
public:
  using operation = models_hooks::operation;

  /// One list per provider is normal.
  static constexpr std::size_t max_open = 64;

  models_desk(const client_context& context, models_hooks hooks, std::uint64_t jitter_seed);

  bool is_full() const { return calls_.is_full(); }
  bool has(operation number) { return calls_.find(number) != nullptr; }

  /// Must not be full; `provider` outlives the desk. Answered with an error at once where the
  /// network is not used. `login`: none: it is asked for.
  void open(operation number, fetch_models x, const config::provider& provider,
            const std::optional<login_snapshot>& login);

  void on_login(operation number, const std::optional<login_snapshot>& x);
  void on_over(operation number);

  /// Ends everything at once, with an error for each.
  void stop();

private:
  using clock = std::chrono::steady_clock;

  /// One HTTP exchange. Once it is over it belongs to the actor.
  struct models_attempt {
    net::call_handle call;
    net::call_outcome outcome;
  };

  struct models_call {
    fetch_models request;
    const config::provider* provider = nullptr;
    login_snapshot login;
    clock::time_point deadline;
    std::uint32_t failed_attempts = 0;
    std::shared_ptr<models_attempt> attempt;
  };

  void start(operation number, models_call& call, std::chrono::milliseconds delay);
  void finish(operation number, fetched_models x);
  void fail(operation number, model_error error);
  static std::string url_of(const models_call& call);

  const client_context& context_;
  models_hooks hooks_;
  call_table<models_call> calls_{max_open};
  std::mt19937_64 random_;
};

} // namespace troupe::model_client
