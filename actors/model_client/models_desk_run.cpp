#include "actors/model_client/models_desk_run.hpp"

#include "actors/model_client/outcome_errors.hpp"
#include "actors/model_client/provider_secrets.hpp"
#include "actors/model_client/request_headers.hpp"
#include "actors/model_client/retry_plan.hpp"
#include "actors/model_client/stream_errors.hpp"
#include "config/catalogue.hpp"
#include "config/credentials.hpp"
#include "net/wire/backoff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace troupe::model_client {

namespace {

bool is_model_list(const net::call_outcome& x) {
  return x.error == net::net_errc::none && x.head.status >= 200 && x.head.status <= 299;
}

std::optional<std::string> etag_of(const net::header_list& headers) {
  const auto value = headers.find_readable("etag");
  return value && !value->empty() ? std::optional{std::string{*value}} : std::nullopt;
}

} // namespace

models_desk::models_desk(const client_context& context, models_hooks hooks,
                         std::uint64_t jitter_seed)
  : context_(context), hooks_(std::move(hooks)), random_(jitter_seed) {}

void models_desk::open(operation number, fetch_models x, const config::provider& provider,
                       const std::optional<login_snapshot>& login) {
  calls_.add(number, {.request = std::move(x), .provider = &provider});
  if (context_.replay || context_.fixture)
    return fail(number, stream_error("the network is not used"));
  if (!login)
    return hooks_.ask_login(number);
  on_login(number, login);
}

void models_desk::on_login(operation number, const std::optional<login_snapshot>& x) {
  auto* call = calls_.find(number);
  if (call == nullptr)
    return;
  if (!x)
    return fail(number, stream_error("the login could not be read"));
  call->login = *x;
  call->deadline = clock::now() + context_.limits.model_list;
  start(number, *call, std::chrono::milliseconds{0});
}

std::string models_desk::url_of(const models_call& call) {
  const auto url = config::endpoint(*call.provider, config::kind_of(call.login.mode), "models");
  return fmt::format("{}{}client_version={}", url, url.find('?') == url.npos ? '?' : '&',
                     call.request.client_version);
}

void models_desk::start(operation number, models_call& call, std::chrono::milliseconds delay) {
  const auto found = config::request_credential(*call.provider, context_.environment, call.login);
  if (const auto* problem = std::get_if<config::credential_error>(&found))
    return fail(number, stream_error(problem->message));
  const auto left =
    std::chrono::duration_cast<std::chrono::milliseconds>(call.deadline - clock::now());
  if (left <= delay)
    return fail(number, map_transport(net::net_errc::timed_out_total, url_of(call), {}));
  net::http_request request;
  request.url = url_of(call);
  request.headers = models_headers({.provider = *call.provider,
                                    .environment = context_.environment,
                                    .credential = std::get<config::credential>(found),
                                    .identity = context_.identity});
  request.limits.connect = std::min(context_.limits.connect, left);
  request.limits.total = left;
  request.start_delay = delay;
  call.attempt = std::make_shared<models_attempt>();
  call.attempt->call =
    context_.http_of(call.request.provider)
      .fetch(std::move(request), config::max_catalogue_bytes,
             [attempt = call.attempt, on_over = hooks_.when_over(number)](net::call_outcome x) {
               attempt->outcome = std::move(x);
               on_over();
             });
}

void models_desk::on_over(operation number) {
  auto* call = calls_.find(number);
  if (call == nullptr || !call->attempt)
    return;
  const auto& outcome = call->attempt->outcome;
  if (is_model_list(outcome))
    return finish(number, {.body = shared_text{outcome.body},
                           .etag = etag_of(outcome.head.headers),
                           .error = std::nullopt});
  ++call->failed_attempts;
  std::uniform_real_distribution<double> jitter{net::backoff_jitter_low, net::backoff_jitter_high};
  const bool broke_off = outcome.error != net::net_errc::none;
  const auto delay =
    next_attempt_delay({.error = outcome.error, .status = broke_off ? 0 : outcome.head.status},
                       call->failed_attempts, call->provider->request_max_retries, jitter(random_));
  if (delay)
    return start(number, *call, *delay);
  fail(number, error_of(outcome, url_of(*call), context_.clock,
                        secrets_of(*call->provider, context_.environment, call->login)));
}

void models_desk::fail(operation number, model_error error) {
  const auto& call = *calls_.find(number);
  const auto secrets = secrets_of(*call.provider, context_.environment, call.login);
  finish(number, {.body = {}, .etag = std::nullopt, .error = secrets.masked(std::move(error))});
}

void models_desk::finish(operation number, fetched_models x) {
  const auto ended = calls_.take(number);
  hooks_.deliver(number, std::move(x));
}

void models_desk::stop() {
  std::vector<operation> all;
  calls_.for_each_numbered([&all](operation number, models_call&) { all.push_back(number); });
  for (const auto number : all) {
    if (const auto& attempt = calls_.find(number)->attempt)
      attempt->call.cancel();
    fail(number, cancelled_error());
  }
}

} // namespace troupe::model_client
