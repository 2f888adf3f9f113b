#include "actors/model_client/model_client_actor.hpp"

#include "actors/common/harden.hpp"
#include "actors/model_client/call_table.hpp"
#include "actors/model_client/http_errors.hpp"
#include "actors/model_client/request_body.hpp"
#include "actors/model_client/response_headers.hpp"
#include "actors/model_client/retry_plan.hpp"
#include "actors/model_client/shell_output.hpp"
#include "actors/model_client/stream_errors.hpp"
#include "actors/model_client/stream_reader.hpp"
#include "net/http_client.hpp"
#include "net/wire/backoff.hpp"

#include <caf/actor_system.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <atomic>
#include <memory>
#include <random>
#include <utility>
#include <vector>

namespace troupe::model_client {

namespace {

/// What the actor understands beside its interface: the attempt of this operation is over.
using shell_actor = model_client_actor::extend<caf::result<void>(caf::close_atom, std::uint64_t)>;

constexpr bool is_success(int status) {
  return status >= 200 && status <= 299;
}

model_error cancelled_error() {
  return {.code = model_errc::cancelled,
          .message = "the model call was cancelled",
          .retry_after = std::nullopt,
          .http_status = std::nullopt};
}

/// Who is told about a stream. Lives as long as the stream, over all its attempts.
struct audience {
  stream_number stream = 0;
  stream_consumer_actor consumer;
  std::atomic<bool> is_told_end = false;

  /// The end may be found by the I/O thread or by the actor; the first one tells it.
  void tell_end(std::optional<model_error> error, std::optional<rate_limits> limits = {}) {
    if (!is_told_end.exchange(true))
      caf::anon_send(consumer, stream_ended{stream, std::move(error), std::move(limits)});
  }
};

/// One attempt as the network sees it. Its handlers run on the I/O thread, one after the other, and
/// read the response right there: one message per read goes to the consumer, none to the actor.
/// After `on_done` it belongs to the actor.
class attempt {
public:
  attempt(std::shared_ptr<audience> audience, std::size_t max_event_bytes)
    : audience_(std::move(audience)), reader_(max_event_bytes) {}

  /// Before the first credit is granted, and with it before the first chunk.
  void set_call(net::call_handle x) { call_ = std::move(x); }

  void on_head(const net::response_head& head) {
    if (is_success(head.status))
      append_header_events(head.headers, events_);
  }

  void on_chunk(std::string_view bytes) {
    if (reader_.is_completed() || is_too_large_)
      return;
    const auto known = events_.size(); // those of the headers wait for company
    const auto progress = reader_.feed(bytes, events_);
    if (progress.dispatched > 0)
      call_.progress();
    if (events_.size() > known)
      send_events();
    else
      call_.grant(1); // the consumer's credit counts messages, and this read made none
    if (reader_.is_completed()) {
      audience_->tell_end({});
      call_.finish_early();
    } else if (progress.is_too_large) {
      is_too_large_ = true;
      call_.cancel();
    }
  }

  void on_done(net::call_outcome outcome) {
    if (!events_.empty())
      send_events();
    outcome_ = std::move(outcome);
  }

  const net::call_outcome& outcome() const { return outcome_; }
  bool is_completed() const { return reader_.is_completed(); }
  bool has_begun() const { return is_success(outcome_.head.status); }

  /// Why a stream that had begun was not completed.
  model_error failure() {
    return reader_.failure(is_too_large_ ? net::net_errc::too_large : outcome_.error);
  }

private:
  void send_events() {
    caf::anon_send(audience_->consumer,
                   model_events{audience_->stream, std::exchange(events_, {})});
  }

  std::shared_ptr<audience> audience_;
  net::call_handle call_;
  stream_reader reader_;
  std::vector<model_event> events_; // not sent yet
  bool is_too_large_ = false;
  net::call_outcome outcome_;
};

/// An accepted stream.
struct open_call {
  std::shared_ptr<model_client::audience> audience;
  const config::provider* provider = nullptr;
  config::credential credential; // not read again for further attempts (contract 3.5)
  model_request request;
  std::uint32_t failed_attempts = 0;
  std::uint64_t granted = 0; // nothing of it is used before an attempt succeeds
  bool is_cancelled = false;
  std::shared_ptr<model_client::attempt> attempt;
  net::call_handle call;
};

class state {
public:
  state(shell_actor::pointer self, dependencies deps)
    : self_(self), deps_(std::move(deps)), login_kind_(config::kind_of(deps_.login)),
      calls_(deps_.limits.open_streams), random_(deps_.jitter_seed) {
    harden(self_);
    self_->set_exit_handler([this](caf::exit_msg& x) { on_exit(x); });
    self_->set_down_handler([this](caf::down_msg& x) { on_consumer_gone(x); });
  }

  shell_actor::behavior_type make_behavior() {
    return {
      [this](open_stream& x, const stream_consumer_actor& consumer) {
        return on_open(x, consumer);
      },
      [this](const stream_credit& x) { return on_credit(x); },
      [this](const cancel_stream& x) { return on_cancel(x); },
      [](const prepare_connection&) -> caf::result<void> { return caf::unit; },
      [](const close_connection&) -> caf::result<void> { return caf::unit; },
      [](const compact_history&) -> caf::result<compacted_history> {
        return caf::make_error(errc::invalid_request, "remote compaction is not there yet");
      },
      [](const summarise_traces&) -> caf::result<trace_summaries> {
        return caf::make_error(errc::invalid_request, "memory summaries are not there yet");
      },
      [](const auth_changed&) -> caf::result<void> { return caf::unit; },
      [this](caf::close_atom, std::uint64_t operation) { return on_attempt_over(operation); },
    };
  }

  static inline const char* name = "model-client";

private:
  caf::result<stream_opened> on_open(open_stream& x, const stream_consumer_actor& consumer) {
    if (calls_.is_full())
      return caf::make_error(errc::queue_full, "too many model streams are open");
    const auto provider = deps_.providers.find(x.request.provider);
    if (provider == deps_.providers.end())
      return caf::make_error(errc::no_such_provider, unknown_provider_text(x.request.provider));
    auto listeners = std::make_shared<audience>(x.stream, consumer);
    const auto operation = calls_.next_number();
    auto credential = config::request_credential(provider->second, deps_.environment, deps_.login);
    if (const auto* problem = std::get_if<config::credential_error>(&credential)) {
      listeners->tell_end(credential_failure(provider->second, *problem));
      return stream_opened{operation};
    }
    x.request.input = outputs_.format(x.request.tools_json, std::move(x.request.input));
    auto& call =
      calls_.add(operation, {.audience = std::move(listeners),
                             .provider = &provider->second,
                             .credential = std::move(std::get<config::credential>(credential)),
                             .request = std::move(x.request),
                             .granted = x.credit});
    self_->monitor(consumer); // one that is gone gives no credit, and without credit nothing ends
    start_attempt(operation, call, x.delay);
    return stream_opened{operation};
  }

  std::string unknown_provider_text(const std::string& id) const {
    const auto found = config::select_provider(deps_.providers, id);
    const auto* error = std::get_if<config::config_error>(&found);
    return error ? error->message : id;
  }

  static model_error credential_failure(const config::provider& provider,
                                        const config::credential_error& problem) {
    return {.code = provider.env_key ? model_errc::missing_env_var : model_errc::stream,
            .message = problem.message,
            .retry_after = std::nullopt,
            .http_status = std::nullopt};
  }

  void start_attempt(std::uint64_t operation, open_call& call, std::chrono::milliseconds delay) {
    auto current = std::make_shared<attempt>(call.audience, deps_.limits.event_bytes);
    call.attempt = current;
    call.call =
      deps_.http->start(http_request(call, delay),
                        {.on_head = [current](const net::response_head& x) { current->on_head(x); },
                         .on_chunk = [current](std::string_view x) { current->on_chunk(x); },
                         .on_done =
                           [current, operation, home = shell_actor{self_}](net::call_outcome x) {
                             current->on_done(std::move(x));
                             caf::anon_send(home, caf::close_atom_v, operation);
                           }});
    current->set_call(call.call);
    call.call.grant(call.granted);
  }

  net::http_request http_request(const open_call& call, std::chrono::milliseconds delay) const {
    const auto& provider = *call.provider;
    const auto store = config::is_azure(provider) ? store_response::yes : store_response::no;
    net::http_request result;
    result.method = "POST";
    result.url = url_of(call);
    result.headers = request_headers(call.request, {.provider = provider,
                                                    .environment = deps_.environment,
                                                    .credential = call.credential,
                                                    .identity = deps_.identity});
    result.body = request_body(call.request, store);
    result.limits.connect = deps_.limits.connect;
    result.limits.head = std::max(deps_.limits.head, provider.stream_idle_timeout);
    result.limits.idle = provider.stream_idle_timeout;
    result.limits.idle_restarts_on = net::call_limits::progress::caller;
    result.start_delay = delay;
    result.credit = 0; // until the attempt knows its call
    return result;
  }

  std::string url_of(const open_call& call) const {
    return config::endpoint(*call.provider, login_kind_, "responses");
  }

  caf::result<void> on_credit(const stream_credit& x) {
    if (auto* call = calls_.find(x.operation)) {
      call->granted += x.messages;
      call->call.grant(x.messages);
    }
    return caf::unit;
  }

  caf::result<void> on_cancel(const cancel_stream& x) {
    if (auto* call = calls_.find(x.operation))
      cancel(*call);
    return caf::unit;
  }

  /// The call leaves the table when its attempt is over.
  static void cancel(open_call& call) {
    call.is_cancelled = true; // an attempt that is over by now is not followed by another
    call.call.cancel();
  }

  caf::result<void> on_attempt_over(std::uint64_t operation) {
    auto* call = calls_.find(operation);
    if (call == nullptr)
      return caf::unit;
    ++call->failed_attempts;
    if (const auto delay = next_delay(*call)) {
      start_attempt(operation, *call, *delay);
      return caf::unit;
    }
    const auto ended = calls_.take(operation);
    self_->demonitor(ended->audience->consumer);
    if (!ended->attempt->is_completed())
      report(*ended);
    return caf::unit;
  }

  std::optional<std::chrono::milliseconds> next_delay(const open_call& call) {
    const auto& outcome = call.attempt->outcome();
    if (call.is_cancelled || call.attempt->is_completed())
      return std::nullopt;
    std::uniform_real_distribution<double> jitter{net::backoff_jitter_low,
                                                  net::backoff_jitter_high};
    return next_attempt_delay({.error = outcome.error, .status = outcome.head.status},
                              call.failed_attempts, call.provider->request_max_retries,
                              jitter(random_));
  }

  void report(const open_call& call) {
    const auto& outcome = call.attempt->outcome();
    if (call.is_cancelled || outcome.error == net::net_errc::stopped)
      return call.audience->tell_end(cancelled_error());
    if (call.attempt->has_begun())
      return call.audience->tell_end(call.attempt->failure());
    const auto url = url_of(call);
    if (outcome.head.status == 0)
      return call.audience->tell_end(map_transport(outcome.error, url, outcome.detail));
    auto failed = map_status({.status = outcome.head.status,
                              .url = url,
                              .headers = outcome.head.headers,
                              .body = outcome.body},
                             deps_.clock);
    call.audience->tell_end(std::move(failed.error), std::move(failed.limits));
  }

  void on_consumer_gone(const caf::down_msg& x) {
    calls_.for_each([&x](open_call& call) {
      if (call.audience->consumer == x.source)
        cancel(call);
    });
  }

  void on_exit(caf::exit_msg& x) {
    calls_.take_all([this](open_call& call) {
      self_->demonitor(call.audience->consumer);
      call.call.cancel();
      call.audience->tell_end(cancelled_error());
    });
    self_->quit(std::move(x.reason));
  }

  shell_actor::pointer self_;
  const dependencies deps_;
  const config::login_kind login_kind_;
  call_table<open_call> calls_;
  shell_output_formatter outputs_;
  std::mt19937_64 random_;
};

} // namespace

model_client_actor spawn(caf::actor_system& sys, dependencies deps) {
  return sys.spawn<caf::stateful_actor<state, shell_actor::impl>>(std::move(deps));
}

} // namespace troupe::model_client
