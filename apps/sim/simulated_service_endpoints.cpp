// The second half of the service: the endpoints beside `/responses`.
#include "apps/sim/simulated_service.hpp"

#include "apps/sim/json_answers.hpp"
#include "apps/sim/other_endpoints.hpp"
#include "apps/sim/routes.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace troupe::sim {

simulated_service::exchange simulated_service::other(fault_target what, const request& x) {
  exchange result;
  result.has_secret_body = what == fault_target::token;
  if (what != fault_target::token)
    if (auto refusal = refuse_stranger(x)) {
      result.what = std::move(*refusal);
      return result;
    }
  request_view view;
  view.body = x.body;
  if (what == fault_target::compact) {
    auto viewed = view_request(x.body);
    if (const auto* problem = std::get_if<std::string>(&viewed)) {
      result.what = error_answer(400, *problem);
      return result;
    }
    view = std::move(std::get<request_view>(viewed));
  }
  // Each endpoint counts its requests on its own.
  const auto thread = model_.thread_key(view, session_of(x.headers)) ^ stable_hash(to_text(what));
  const auto place = enter(thread, view, transport::http);
  result.broken = model_.fault_on(what, view, thread, place);
  if (!result.broken || !replaces_answer(result.broken->effect))
    result.what = other_answer(what, x, view, result.broken);
  if (result.broken) {
    count(counts_.by_fault[static_cast<std::size_t>(result.broken->effect.kind)]);
    model_.break_answer(*result.broken, thread, place, result.what);
  }
  return result;
}

answer simulated_service::other_answer(fault_target what, const request& x,
                                       const request_view& view,
                                       const std::optional<chosen_fault>& broken) {
  switch (what) {
  case fault_target::models: return models(x);
  case fault_target::compact: return compaction(view);
  case fault_target::token: return refresh(x.body);
  case fault_target::memories: {
    count(counts_.memories);
    const bool is_wrong = broken && broken->effect.kind == fault_kind::wrong_count;
    return json_answer(200, is_wrong ? memory_summaries_of(broken->effect.entries)
                                     : memory_summaries(x.body));
  }
  case fault_target::responses:
  case fault_target::handshake: break; // have their own ways
  }
  return {};
}

answer simulated_service::models(const request& x) {
  const auto& version = catalogue();
  if (endpoint_of(x.method, x.target, "") == endpoint::plain_models) {
    count(counts_.models);
    return json_answer(200, plain_model_list(version.models));
  }
  const bool is_known =
    !version.etag.empty() && x.headers.find("if-none-match").value_or("") == version.etag;
  count(is_known ? counts_.not_modified : counts_.models);
  auto result = is_known ? json_answer(304, {}) : json_answer(200, model_catalogue(version.models));
  if (!version.etag.empty())
    result.headers.emplace_back("etag", version.etag);
  return result;
}

answer simulated_service::compaction(const request_view& view) {
  count(counts_.compactions);
  if (!scenario().compacted)
    return json_answer(200, compacted_history(view));
  const auto values = model_.values_of(view, model_.thread_key(view, ""), {});
  std::string body = R"({"output":[)";
  for (const auto& item : *scenario().compacted) {
    body += body.back() == '[' ? "" : ",";
    body += item.expand(values);
  }
  return json_answer(200, body + "]}");
}

answer simulated_service::refresh(std::string_view body) {
  if (!tokens_)
    return error_answer(404, "no tokens here: the scenario has no [auth]");
  const std::lock_guard guard{mutex_};
  auto granted = tokens_->refresh(body);
  if (granted.status == 200)
    count(counts_.refreshes);
  return json_answer(granted.status, std::move(granted.body));
}

const catalogue_version& simulated_service::catalogue() const {
  const auto& versions = scenario().catalogue;
  const auto after = std::ranges::upper_bound(versions, counts_.responses.load(), {},
                                              &catalogue_version::after_responses);
  return *std::prev(after); // the first one holds from 0 on
}

} // namespace troupe::sim
