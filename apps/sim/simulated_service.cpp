#include "apps/sim/simulated_service.hpp"

#include "apps/sim/json_answers.hpp"
#include "apps/sim/routes.hpp"
#include "apps/sim/subscription.hpp"

#include <algorithm>
#include <utility>

namespace troupe::sim {

namespace {

answer refused_answer(const rate_limiter::verdict& x) {
  auto result = error_answer(429, refusal_message(x), x.scarce, "rate_limit_exceeded");
  result.headers = refusal_headers(x);
  return result;
}

// A message has no status; the code of the event says as much, and so does its text.
answer refused_event(const rate_limiter::verdict& x) {
  fault_effect effect;
  effect.kind = fault_kind::failed;
  effect.code = "rate_limit_exceeded";
  effect.message = refusal_message(x);
  answer result;
  apply(effect, decision{0}, result);
  return result;
}

std::optional<ws_version> version_of(const net::header_list& headers) {
  const auto beta = headers.find("openai-beta").value_or("");
  if (beta.find("responses_websockets=2026-02-06") != std::string_view::npos)
    return ws_version::v2;
  if (beta.find("responses_websockets=2026-02-04") != std::string_view::npos)
    return ws_version::v1;
  return std::nullopt;
}

// In front: a header that a rule sets itself counts.
void put_first(std::vector<std::pair<std::string, std::string>> headers, answer& to) {
  to.headers.insert(to.headers.begin(), std::make_move_iterator(headers.begin()),
                    std::make_move_iterator(headers.end()));
}

} // namespace

simulated_service::simulated_service(sim::scenario x, std::optional<std::uint64_t> seed,
                                     time_point start)
  : model_(std::move(x), seed), counts_(model_.scenario().rules.size()) {
  if (scenario().auth)
    tokens_.emplace(*scenario().auth);
  if (scenario().limits)
    limiter_.emplace(*scenario().limits, start);
}

simulated_service::exchange simulated_service::on_request(const request& x, time_point now) {
  const auto upgrade = x.headers.find("upgrade").value_or("");
  switch (endpoint_of(x.method, x.target, upgrade)) {
  case endpoint::responses:
    if (auto refusal = refuse_stranger(x))
      return {std::move(*refusal), {}, {}};
    return respond(x.body, session_of(x.headers), transport::http, now);
  case endpoint::compact: return other(fault_target::compact, x);
  case endpoint::memories: return other(fault_target::memories, x);
  case endpoint::plain_models:
  case endpoint::model_catalogue: return other(fault_target::models, x);
  case endpoint::token: return other(fault_target::token, x);
  case endpoint::statistics:
    return {json_answer(200, to_json(stats(), scenario().name, model_.seed())), {}, {}};
  case endpoint::websocket: return {error_answer(426, "no WebSocket here; use HTTP"), {}, {}};
  case endpoint::unknown: break;
  }
  return {error_answer(404, "no such endpoint; there are POST {base}/responses, GET {base}/models "
                            "and GET /sim/stats"),
          {},
          {}};
}

std::optional<answer> simulated_service::refuse_stranger(const request& x) {
  if (!tokens_)
    return std::nullopt;
  const auto authorization = x.headers.find("authorization").value_or("");
  const auto account = x.headers.find("chatgpt-account-id").value_or("");
  const std::lock_guard guard{mutex_};
  const auto refusal = tokens_->admit(authorization, account);
  if (!refusal)
    return std::nullopt;
  count(counts_.unauthorized);
  auto result = error_answer(401, refusal->message, "invalid_request_error", refusal->code);
  result.headers.emplace_back("www-authenticate", "Bearer");
  return result;
}

// A request that comes too early is none of the thread's attempts.
simulated_service::exchange simulated_service::respond(std::string_view body,
                                                       std::string_view session, transport by,
                                                       time_point now) {
  const auto viewed = view_request(body);
  const auto* view = std::get_if<request_view>(&viewed);
  if (view == nullptr) {
    count(counts_.unmatched);
    return {error_answer(400, std::get<std::string>(viewed)), {}, {}};
  }
  rate_limiter::verdict verdict;
  if (limiter_) {
    const std::lock_guard guard{mutex_};
    verdict = limiter_->admit(simulated_model::input_tokens(*view), now);
  }
  if (verdict.is_refused) {
    count(counts_.refused);
    return {by == transport::http ? refused_answer(verdict) : refused_event(verdict), {}, {}};
  }
  auto result = respond_to(*view, session, by);
  put_first(std::move(verdict.headers), result.what);
  return result;
}

simulated_service::exchange simulated_service::respond_to(const request_view& view,
                                                          std::string_view session, transport by) {
  const auto thread = model_.thread_key(view, session);
  auto outcome = model_.respond(view, thread, enter(thread, view, by));
  if (outcome.rule == simulated_model::no_rule) {
    count(counts_.unmatched);
    return {std::move(outcome.what), {}, {}};
  }
  const auto& etag = catalogue().etag;
  count(counts_.responses);
  count(counts_.by_rule[outcome.rule]);
  if (outcome.broken)
    count(counts_.by_fault[static_cast<std::size_t>(outcome.broken->effect.kind)]);
  if (!etag.empty() && outcome.what.status == 200)
    put_first({{"x-models-etag", etag}}, outcome.what);
  const auto& rule = scenario().rules[outcome.rule];
  exchange result{std::move(outcome.what), rule.name, std::move(outcome.broken)};
  result.response_id = std::move(outcome.response_id);
  result.from = decision{model_.seed()}.of(stable_hash(result.response_id));
  const auto& told = rule.subscription ? rule.subscription : scenario().subscription;
  if (by == transport::websocket && told)
    result.subscription = subscription_event(*told);
  return result;
}

// ---- WebSocket ----------------------------------------------------------------------------------

bool simulated_service::is_handshake(const request& x) {
  return endpoint_of(x.method, x.target, x.headers.find("upgrade").value_or("")) ==
         endpoint::websocket;
}

std::optional<answer> simulated_service::refuse_handshake(const request& x) const {
  if (scenario().websocket == websocket_use::off)
    return error_answer(426, "no WebSocket here; use HTTP");
  const auto version = version_of(x.headers);
  if (!version)
    return error_answer(400, "the header OpenAI-Beta must name responses_websockets=2026-02-04 or "
                             "responses_websockets=2026-02-06");
  const bool is_served =
    scenario().websocket == websocket_use::any ||
    (scenario().websocket == websocket_use::v1) == (*version == ws_version::v1);
  if (!is_served)
    return error_answer(400, "this version of the WebSocket protocol is not served");
  return std::nullopt;
}

std::variant<simulated_service::websocket_terms, simulated_service::exchange>
simulated_service::on_handshake(const request& x) {
  exchange refused;
  const request_view nothing;
  const auto session = session_of(x.headers);
  const auto thread = stable_hash(session) ^ stable_hash(to_text(fault_target::handshake));
  const auto place = enter(thread, nothing, transport::websocket);
  refused.broken = model_.fault_on(fault_target::handshake, nothing, thread, place);
  if (refused.broken) {
    count(counts_.by_fault[static_cast<std::size_t>(refused.broken->effect.kind)]);
    model_.break_answer(*refused.broken, thread, place, refused.what);
    if (!refused.what.sends_head || replaces_answer(refused.broken->effect))
      return refused;
  }
  auto refusal = refuse_handshake(x);
  if (!refusal)
    refusal = refuse_stranger(x);
  if (refusal) {
    refused.what = std::move(*refusal);
    return refused;
  }
  count(counts_.handshakes);
  websocket_terms result;
  result.version = *version_of(x.headers);
  result.wants_timing =
    x.headers.find("x-responsesapi-include-timing-metrics").value_or("") == "true";
  result.session = session;
  result.delay = refused.what.before_head;
  if (!catalogue().etag.empty())
    result.headers.emplace_back("x-models-etag", catalogue().etag);
  const auto values = model_.values_of(nothing, thread, place);
  for (const auto& [name, text] : scenario().headers)
    result.headers.emplace_back(name, text.expand(values));
  return result;
}

simulated_service::exchange
simulated_service::on_message(std::string_view body, const websocket_terms& terms, time_point now) {
  return respond(body, terms.session, transport::websocket, now);
}

request_place simulated_service::enter(std::uint64_t thread, const request_view& view,
                                       transport by) {
  const std::lock_guard guard{mutex_};
  auto result =
    threads_.enter(thread, {view.items, view.body.size(), simulated_model::input_tokens(view)});
  result.transport = by;
  return result;
}

} // namespace troupe::sim
