#include "actors/model_client/stream_desk_run.hpp"

#include "actors/common/turn_connection.hpp"
#include "actors/model_client/request_body.hpp"
#include "actors/model_client/stream_errors.hpp"
#include "config/credentials.hpp"
#include "net/wire/backoff.hpp"

#include <algorithm>
#include <utility>

namespace troupe::model_client {

response_limits response_limits_of(const config::provider& x) {
  return {.progress = config::progress_timeout(x), .response = x.response_timeout};
}

stream_desk::stream_desk(const client_context& context, desk_hooks hooks, rate_governor* governor,
                         std::uint64_t jitter_seed)
  : context_(context), hooks_(std::move(hooks)), calls_(context.limits.open_streams),
    connections_(context.limits.connections), governor_(governor), random_(jitter_seed) {}

void stream_desk::set_login_source(stream_call::login_source source, login_snapshot x) {
  login_source_ = source;
  given_login_ = std::move(x);
}

void stream_desk::open(operation number, open_stream&& x, const config::provider& provider,
                       std::shared_ptr<stream_audience> audience) {
  x.request.input = outputs_.format(x.request.tools_json, std::move(x.request.input));
  if (context_.recorder || context_.replay)
    x.request.origin.transport = model_transport::http;
  const stream_call::plan plan{.transport = x.request.origin.transport,
                               .login = login_source_,
                               .max_retries = provider.request_max_retries,
                               .delay = x.delay};
  auto& call = calls_.add(number, {.audience = std::move(audience),
                                   .provider = &provider,
                                   .request = std::move(x.request),
                                   .call = stream_call{plan},
                                   .login = given_login_,
                                   .granted = x.credit});
  show_load();
  if (is_offline(call.request))
    return answer_offline(number, call);
  carry_out(number, call.call.start());
}

bool stream_desk::is_offline(const model_request& x) const {
  return context_.replay || (context_.fixture && x.origin.transport == model_transport::http);
}

void stream_desk::carry_out(operation number, stream_call::action x) {
  auto& call = *calls_.find(number);
  if (x.websocket_was_refused) {
    close_sessions(connections_.close(call.request.thread, {}));
    call.audience->tell({websocket_refused{}});
    if (context_.observer != nullptr)
      context_.observer->on_fallback_to_http(call.request.thread);
  }
  switch (x.step) {
  case stream_call::step::ask_login: return hooks_.ask_login(number);
  case stream_call::step::repair_login: return hooks_.repair_login(number, *x.repair);
  case stream_call::step::send_over_http:
  case stream_call::step::send_over_websocket:
    call.next = x.step;
    if (x.delay.count() <= 0)
      return send_when_allowed(number, call);
    return deadlines_.set(number, clock::now() + x.delay);
  case stream_call::step::end:
    if (x.error)
      return end(number, std::move(x.error));
    return call.exchange ? report_handshake(number, call) : report_attempt(number, call);
  }
}

void stream_desk::send_when_allowed(operation number, stream_state& call) {
  if (governor_ != nullptr) {
    call.pass = governor_->admit(governed(number, call), clock::now());
    if (!call.pass)
      return show_load(); // `on_released` sends it
  }
  send(number, call);
}

void stream_desk::send(operation number, stream_state& call) {
  const auto found = config::request_credential(*call.provider, context_.environment, call.login);
  if (const auto* problem = std::get_if<config::credential_error>(&found)) {
    settle(call, 0);
    return end(number, model_error{.code = call.provider->env_key ? model_errc::missing_env_var
                                                                  : model_errc::stream,
                                   .message = problem->message,
                                   .retry_after = std::nullopt,
                                   .http_status = std::nullopt});
  }
  const auto& credential = std::get<config::credential>(found);
  if (call.next == stream_call::step::send_over_http)
    send_over_http(number, call, credential);
  else
    send_over_websocket(number, call, credential);
}

void stream_desk::send_over_http(operation number, stream_state& call,
                                 const config::credential& with) {
  auto request = http_request(call, with);
  if (request.method.empty())
    return end(number, stream_error("the request could not be built: a configured header says that "
                                    "its body is encoded already"));
  auto watched = watched_attempt(call, model_transport::http);
  add_trace_header(request.headers, watched.call.trace);
  call.exchange = nullptr;
  call.attempt =
    http_attempt::start(context_.http_of(call.request.provider), std::move(request), call.granted,
                        {.audience = call.audience,
                         .max_event_bytes = context_.limits.event_bytes,
                         .limits = response_limits_of(*call.provider),
                         .pass = std::exchange(call.pass, std::nullopt),
                         .watched = std::move(watched),
                         .keeps_body = context_.recorder != nullptr,
                         .owner = {.on_over = hooks_.when_over(number),
                                   .on_answer = governor_ != nullptr ? hooks_.when_answered(number)
                                                                     : std::function<void()>{},
                                   .unix_now = context_.clock.now}});
}

net::http_request stream_desk::http_request(stream_state& call, const config::credential& with) {
  const auto& provider = *call.provider;
  const auto store = config::is_azure(provider) ? store_response::yes : store_response::no;
  net::http_request result;
  result.method = "POST";
  result.url = url_of(provider, call.login);
  result.headers = request_headers(call.request, sources(provider, with));
  result.body = request_body(call.request, {.store = store});
  const bool compresses = call.request.origin.compression && config::is_openai(provider) &&
                          config::kind_of(call.login.mode) == config::login_kind::chatgpt;
  if (compresses) {
    if (result.headers.contains("Content-Encoding"))
      result.method.clear();
    else if (auto compressed = compressor_.compress(result.body)) {
      result.body = {std::move(*compressed)};
      result.headers.set("Content-Encoding", "zstd");
    }
  }
  result.limits.connect = context_.limits.connect;
  // Where connections are limited, a turn at one is as long as a stream may be silent.
  result.limits.queue =
    std::max<std::chrono::milliseconds>(result.limits.queue, provider.stream_idle_timeout);
  // A longer one is for local servers, which load a model before they answer; a shorter one because
  // who waits so little for an event waits no longer for the first one.
  result.limits.head = provider.stream_idle_timeout;
  result.limits.idle = provider.stream_idle_timeout;
  result.limits.stall = config::progress_timeout(provider);
  result.limits.total = provider.response_timeout;
  result.limits.idle_restarts_on = net::call_limits::progress::caller;
  return result;
}

void stream_desk::send_over_websocket(operation number, stream_state& call,
                                      const config::credential& with) {
  const auto& request = call.request;
  using origin = connection_table<operation>::origin;
  const auto kept = connections_.find(request.thread, request.origin.turn);
  auto connection = kept.connection;
  call.connection_kind = kept.origin == origin::prepared_ahead
                           ? stream_call::connection::prepared_ahead
                           : stream_call::connection::own;
  auto watched = watched_attempt(call, request.origin.transport);
  const auto known = sessions_.find(connection);
  if (known == sessions_.end() || known->second.is_busy) {
    auto handshake = handshake_request(
      {.thread = request.thread, .origin = request.origin, .turn_state = request.turn_state},
      *call.provider, call.login, with);
    add_trace_header(handshake.headers, watched.call.trace);
    connection = open_session(request.thread, request.provider, std::move(handshake));
    call.connection_kind = stream_call::connection::own;
    close_sessions(connections_.open(request.thread, request.origin.turn, connection));
  }
  // What did not fit into the table is closed by now.
  const auto used = sessions_.find(connection);
  if (used == sessions_.end()) {
    if (watched.observer != nullptr)
      watched.tell_over({.error = to_text(model_errc::overloaded)});
    settle(call, 0);
    return end(number, model_error{.code = model_errc::overloaded,
                                   .message = "too many WebSocket connections are open",
                                   .retry_after = std::nullopt,
                                   .http_status = std::nullopt});
  }
  deadlines_.cancel(connection);
  used->second.is_busy = true;
  call.attempt = nullptr;
  call.connection = connection;
  call.exchange = std::make_shared<ws_exchange>();
  call.exchange->audience = call.audience;
  call.exchange->watched = std::move(watched);
  call.exchange->on_over = hooks_.when_over(number);
  call.exchange->sent_at = context_.clock.now();
  used->second.session->send(request, call.granted, call.exchange);
}

void stream_desk::grant(operation number, std::uint32_t messages) {
  auto* call = calls_.find(number);
  if (call == nullptr)
    return;
  call->granted += messages;
  if (call->attempt)
    call->attempt->grant(messages);
  else if (call->exchange)
    if (const auto used = sessions_.find(call->connection); used != sessions_.end())
      used->second.session->grant(messages);
}

void stream_desk::cancel(operation number) {
  auto* call = calls_.find(number);
  if (call == nullptr)
    return;
  call->is_cancelled = true; // an attempt that is over by now is not followed by another
  if (call->attempt)
    return call->attempt->cancel();
  if (const auto used = sessions_.find(call->connection); call->exchange && used != sessions_.end())
    return used->second.session->cancel();
  end(number, cancelled_error());
}

void stream_desk::cancel_if(const std::function<bool(stream_audience&)>& is_gone) {
  std::vector<operation> gone;
  calls_.for_each_numbered([&](operation number, stream_state& call) {
    if (is_gone(*call.audience))
      gone.push_back(number);
  });
  for (const auto number : gone)
    cancel(number);
}

void stream_desk::stop() {
  std::vector<operation> all;
  calls_.for_each_numbered([&all](operation number, stream_state&) { all.push_back(number); });
  for (const auto number : all) {
    if (auto& call = *calls_.find(number); call.attempt)
      call.attempt->cancel();
    end(number, cancelled_error());
  }
  for (auto& [number, x] : std::exchange(sessions_, {}))
    x.session->cancel();
}

void stream_desk::end(operation number, std::optional<model_error> error,
                      std::optional<rate_limits> limits) {
  deadlines_.cancel(number);
  settle(*calls_.find(number), 0);
  if (governor_ != nullptr) {
    governor_->withdraw(number);
    governor_->on_over(number, clock::now());
  }
  const auto ended = calls_.take(number);
  show_load();
  // Whatever it repeats of what was sent: this is where every error leaves.
  if (error)
    error = secrets(*ended).masked(std::move(error));
  ended->audience->tell_end(std::move(error), std::move(limits));
  hooks_.on_end(number, *ended->audience);
}

void stream_desk::on_login(operation number, const std::optional<login_snapshot>& x) {
  if (auto waiting = preparations_.extract(number)) {
    if (x)
      open_prepared(waiting.mapped(), *x);
    return;
  }
  auto* call = calls_.find(number);
  if (call == nullptr)
    return;
  if (!x)
    return carry_out(number, call->call.on_login_unavailable());
  call->login = *x;
  carry_out(number, call->call.on_login(*x));
}

void stream_desk::on_repair(operation number, const std::optional<login_recovery>& x) {
  auto* call = calls_.find(number);
  if (call == nullptr)
    return;
  if (!x)
    return carry_out(number, call->call.on_login_unavailable());
  call->login = x->login;
  carry_out(number, call->call.on_repair(*x));
}

void stream_desk::on_time(clock::time_point now) {
  for (const auto number : deadlines_.take_due(now)) {
    if (auto* call = calls_.find(number))
      send_when_allowed(number, *call);
    else
      close_sessions({number});
  }
}

void stream_desk::on_released(operation number, rate_pass pass) {
  show_load();
  auto& call = *calls_.find(number);
  call.pass = std::move(pass);
  send(number, call);
}

rate_governor::request stream_desk::governed(operation number, const stream_state& call) const {
  std::size_t bytes = call.request.instructions_json.size() + call.request.tools_json.size();
  for (const auto& item : call.request.input)
    bytes += item.size();
  return {.operation = number,
          .thread = call.request.thread,
          .provider = call.request.provider,
          .model = call.request.model,
          .tokens = static_cast<double>(bytes) / bytes_per_token};
}

void stream_desk::show_load() const {
  if (!context_.load)
    return;
  const auto waiting = governor_ != nullptr ? governor_->waiting() : 0;
  context_.load->open_streams.store(static_cast<std::int64_t>(calls_.size()),
                                    std::memory_order_relaxed);
  context_.load->waiting_requests.store(static_cast<std::int64_t>(waiting),
                                        std::memory_order_relaxed);
}

header_sources stream_desk::sources(const config::provider& provider,
                                    const config::credential& with) const {
  return {.provider = provider,
          .environment = context_.environment,
          .credential = with,
          .identity = context_.identity};
}

secret_values stream_desk::secrets(const stream_state& call) const {
  return secrets_of(*call.provider, context_.environment, call.login);
}

observation stream_desk::watched(const stream_state& call) const {
  if (context_.observer == nullptr)
    return {};
  return {.observer = context_.observer,
          .call = {.thread = call.request.thread,
                   .provider = call.request.provider,
                   .model = call.request.model,
                   .turn = std::string{turn_of_connection(call.request.origin.turn)},
                   .transport = call.request.origin.transport,
                   .login = call.login.mode,
                   .account = call.login.account_id.value_or("")},
          .attempt = call.call.failed_attempts(),
          .began = clock::now()};
}

/// Of an attempt that begins with this.
observation stream_desk::watched_attempt(const stream_state& call,
                                         model_transport transport) const {
  auto result = watched(call);
  result.call.transport = transport;
  if (result.observer != nullptr)
    result.call.trace = result.observer->on_attempt(result.call);
  return result;
}

std::string stream_desk::url_of(const config::provider& provider,
                                const login_snapshot& login) const {
  return config::endpoint(provider, config::kind_of(login.mode), "responses");
}

double stream_desk::jitter() {
  std::uniform_real_distribution<double> range{net::backoff_jitter_low, net::backoff_jitter_high};
  return range(random_);
}

} // namespace troupe::model_client
