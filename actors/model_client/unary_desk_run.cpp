#include "actors/model_client/unary_desk_run.hpp"

#include "actors/model_client/exchange_store.hpp"
#include "actors/model_client/outcome_errors.hpp"
#include "actors/model_client/pause_notice.hpp"
#include "actors/model_client/request_body.hpp"
#include "actors/model_client/retry_plan.hpp"
#include "actors/model_client/stream_errors.hpp"
#include "actors/model_client/unary_answers.hpp"
#include "config/credentials.hpp"
#include "net/wire/backoff.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace troupe::model_client {

namespace {

bool is_success(const net::call_outcome& x) {
  return x.error == net::net_errc::none && x.head.status >= 200 && x.head.status <= 299;
}

bool is_empty(const unary_request& x) {
  if (const auto* history = std::get_if<compact_history>(&x))
    return history->input.empty();
  return std::get<summarise_traces>(x).traces.empty();
}

unary_answer answer_to(const unary_request& x, std::optional<model_error> error) {
  if (std::holds_alternative<compact_history>(x))
    return compacted_history{.output = {}, .error = std::move(error)};
  return trace_summaries{.summaries = {}, .error = std::move(error)};
}

std::vector<fragment> body_of(const unary_request& x) {
  if (const auto* history = std::get_if<compact_history>(&x))
    return compact_body(*history);
  return traces_body(std::get<summarise_traces>(x));
}

std::string path_of(const unary_request& x) {
  return std::holds_alternative<compact_history>(x) ? "responses/compact"
                                                    : "memories/trace_summarize";
}

const std::string& model_of(const unary_request& x) {
  return std::visit([](const auto& call) -> const std::string& { return call.model; }, x);
}

const std::string& provider_of(const unary_request& x) {
  return std::visit([](const auto& call) -> const std::string& { return call.provider; }, x);
}

const std::string& subagent_of(const unary_request& x) {
  return std::visit([](const auto& call) -> const std::string& { return call.subagent; }, x);
}

call_facts facts_of(const unary_request& x) {
  const auto* history = std::get_if<compact_history>(&x);
  return {.thread = history != nullptr ? history->thread : thread_id{},
          .provider = provider_of(x),
          .model = model_of(x),
          .turn = history != nullptr ? history->turn : std::string{}};
}

double tokens_of(const std::vector<fragment>& body) {
  std::size_t bytes = 0;
  for (const auto& part : body)
    bytes += part ? part->size() : 0;
  return static_cast<double>(bytes) / bytes_per_token;
}

} // namespace

unary_desk::unary_desk(const client_context& context, unary_hooks hooks, rate_governor* governor,
                       std::uint64_t jitter_seed)
  : context_(context), hooks_(std::move(hooks)), calls_(context.limits.open_calls),
    governor_(governor), random_(jitter_seed) {}

void unary_desk::set_login_source(login_source source, login_snapshot x) {
  login_source_ = source;
  given_login_ = std::move(x);
}

void unary_desk::open(operation number, unary_request x, const config::provider& provider) {
  if (is_empty(x))
    return hooks_.deliver(number, answer_to(x, std::nullopt));
  auto& call =
    calls_.add(number, {.request = std::move(x), .provider = &provider, .login = given_login_});
  if (context_.replay)
    return replay(number, call);
  if (login_source_ == login_source::asked)
    return hooks_.ask_login(number);
  start_when_allowed(number, call);
}

void unary_desk::on_login(operation number, const std::optional<login_snapshot>& x) {
  auto* call = calls_.find(number);
  if (call == nullptr)
    return;
  if (!x)
    return fail(number, stream_error("the login could not be read"));
  call->login = *x;
  start_when_allowed(number, *call);
}

std::string unary_desk::url_of(const unary_state& call) const {
  return config::endpoint(*call.provider, config::kind_of(call.login.mode), path_of(call.request));
}

secret_values unary_desk::secrets(const unary_state& call) const {
  return secrets_of(*call.provider, context_.environment, call.login);
}

void unary_desk::replay(operation number, unary_state& call) {
  const auto answer = context_.replay->next(
    path_of(call.request),
    secrets(call).masked(comparable_request(body_of(call.request), facts_of(call.request).thread)),
    call.provider->request_max_retries);
  if (answer.found == nullptr)
    return fail(number, {.code = model_errc::fatal,
                         .message = answer.problem,
                         .retry_after = std::nullopt,
                         .http_status = std::nullopt});
  const auto& x = *answer.found;
  if (x.status >= 200 && x.status <= 299)
    return finish(number, read(call.request, x.body));
  fail(number,
       map_status({.status = x.status, .url = url_of(call), .headers = x.headers, .body = x.body},
                  context_.clock)
         .error);
}

void unary_desk::record(const unary_state& call) const {
  const auto& outcome = call.attempt->outcome();
  const auto hidden = secrets(call);
  context_.recorder->record({.path = path_of(call.request),
                             .request = hidden.masked(comparable_request(
                               body_of(call.request), facts_of(call.request).thread)),
                             .status = outcome.head.status,
                             .headers = hidden.masked(kept_headers(outcome.head.headers)),
                             .body = hidden.masked(outcome.body)});
}

unary_answer unary_desk::read(const unary_request& x, const std::string& body) const {
  if (const auto* traces = std::get_if<summarise_traces>(&x))
    return read_trace_summaries(body, traces->traces.size());
  return read_compacted_history(body);
}

rate_governor::request unary_desk::governed(operation number, const unary_state& call) const {
  const auto facts = facts_of(call.request);
  return {.operation = number,
          .thread = facts.thread,
          .provider = facts.provider,
          .model = facts.model,
          .tokens = tokens_of(body_of(call.request))};
}

void unary_desk::start_when_allowed(operation number, unary_state& call) {
  if (governor_ != nullptr) {
    call.pass = governor_->admit(governed(number, call), clock::now());
    if (!call.pass)
      return; // `on_released` starts it
  }
  start(number, call);
}

void unary_desk::on_released(operation number, rate_pass pass) {
  auto& call = *calls_.find(number);
  call.pass = std::move(pass);
  start(number, call);
}

void unary_desk::start(operation number, unary_state& call) {
  const auto found = config::request_credential(*call.provider, context_.environment, call.login);
  if (const auto* problem = std::get_if<config::credential_error>(&found)) {
    auto error = stream_error(problem->message);
    if (call.provider->env_key)
      error = {.code = model_errc::missing_env_var,
               .message = problem->message,
               .retry_after = std::nullopt,
               .http_status = std::nullopt};
    return fail(number, std::move(error));
  }
  net::http_request request;
  request.method = "POST";
  request.url = url_of(call);
  request.headers =
    unary_headers(subagent_of(call.request), {.provider = *call.provider,
                                              .environment = context_.environment,
                                              .credential = std::get<config::credential>(found),
                                              .identity = context_.identity});
  request.body = body_of(call.request);
  request.limits.connect = context_.limits.connect;
  request.limits.queue =
    std::max<std::chrono::milliseconds>(request.limits.queue, call.provider->stream_idle_timeout);
  request.limits.head = std::max(context_.limits.head, call.provider->stream_idle_timeout);
  request.limits.idle = call.provider->stream_idle_timeout;
  request.start_delay = std::exchange(call.delay, std::chrono::milliseconds{0});
  auto watched = watched_attempt(call, request.start_delay);
  add_trace_header(request.headers, watched.call.trace);
  call.attempt =
    unary_attempt::start(context_.http_of(provider_of(call.request)), std::move(request),
                         std::move(watched), hooks_.when_over(number));
}

observation unary_desk::watched_attempt(const unary_state& call,
                                        std::chrono::milliseconds delay) const {
  if (context_.observer == nullptr)
    return {};
  observation result{.observer = context_.observer,
                     .call = facts_of(call.request),
                     .attempt = call.failed_attempts,
                     .began = std::chrono::steady_clock::now() + delay};
  result.call.login = call.login.mode;
  result.call.account = call.login.account_id.value_or("");
  result.call.trace = context_.observer->on_attempt(result.call);
  return result;
}

void unary_desk::on_over(operation number) {
  auto* call = calls_.find(number);
  if (call == nullptr || !call->attempt)
    return;
  const auto& outcome = call->attempt->outcome();
  const auto reading = read_rate_headers(outcome.head.headers, context_.clock.now());
  settle(number, *call, outcome.head.status, reading);
  if (context_.recorder && outcome.error == net::net_errc::none)
    record(*call);
  if (is_success(outcome))
    return finish(number, read(call->request, outcome.body));
  if (wait_again(number, *call, reading))
    return;
  ++call->failed_attempts;
  std::uniform_real_distribution<double> jitter{net::backoff_jitter_low, net::backoff_jitter_high};
  // A body that broke off is repeated as well: nothing of it was used.
  const bool broke_off = outcome.error != net::net_errc::none;
  const auto delay =
    next_attempt_delay({.error = outcome.error, .status = broke_off ? 0 : outcome.head.status},
                       call->failed_attempts, call->provider->request_max_retries, jitter(random_));
  if (!delay)
    return fail(number, error_of(outcome, url_of(*call), context_.clock, secrets(*call)));
  call->delay = *delay;
  start_when_allowed(number, *call);
}

/// As for streams: a refusal for now is the governor's business.
bool unary_desk::wait_again(operation number, unary_state& call, const rate_reading& refusal) {
  const auto& outcome = call.attempt->outcome();
  const http_failure failure{.status = outcome.head.status,
                             .url = {},
                             .headers = outcome.head.headers,
                             .body = outcome.body};
  if (governor_ == nullptr || outcome.error != net::net_errc::none || failure.status != 429 ||
      call.refusals >= governor_->max_refusals() || !passes_by_itself(failure, context_.clock) ||
      !governor_->will_pass(governed(number, call), refusal))
    return false;
  ++call.refusals;
  call.attempt = nullptr;
  const auto waiting = governed(number, call);
  tell_pause(pauses_told_, waiting, refusal);
  governor_->readmit(waiting, clock::now());
  return true;
}

void unary_desk::settle(operation number, unary_state& call, int status,
                        const rate_reading& reading) {
  if (governor_ == nullptr)
    return;
  const auto now = clock::now();
  governor_->on_over(number, now);
  auto pass = std::exchange(call.pass, std::nullopt);
  if (pass && pass->settle(status, reading != rate_reading{}))
    governor_->on_answer(*pass, status, reading, now);
}

void unary_desk::fail(operation number, model_error error) {
  const auto& call = *calls_.find(number);
  finish(number, answer_to(call.request, secrets(call).masked(std::move(error))));
}

void unary_desk::finish(operation number, unary_answer x) {
  settle(number, *calls_.find(number), 0, {});
  if (governor_ != nullptr)
    governor_->withdraw(number);
  const auto ended = calls_.take(number);
  hooks_.deliver(number, std::move(x));
}

void unary_desk::stop() {
  std::vector<operation> all;
  calls_.for_each_numbered([&all](operation number, unary_state&) { all.push_back(number); });
  for (const auto number : all) {
    if (const auto& attempt = calls_.find(number)->attempt)
      attempt->cancel();
    fail(number, cancelled_error());
  }
}

} // namespace troupe::model_client
