#include "actors/models_manager/list_job.hpp"

#include "actors/models_manager/model_answers.hpp"
#include "config/models_answer.hpp"

#include <fmt/format.h>

#include <utility>

namespace troupe::models_manager {

namespace {

/// How much of an answer that nobody understands is worth showing.
constexpr std::size_t max_shown_bytes = 200;

std::string beginning(std::string_view body) {
  return std::string{body.substr(0, max_shown_bytes)} +
         (body.size() > max_shown_bytes ? "..." : "");
}

} // namespace

job_result load_models(const cache_place& from, cache_time now) {
  auto loaded = load_cache(from, now);
  job_result result;
  result.remarks = std::move(loaded.remarks);
  if (loaded.hit) {
    result.models = with_fetched(loaded.hit->models);
    result.etag = std::move(loaded.hit->etag);
  }
  return result;
}

job_result take_models(std::string_view body, std::optional<std::string> etag,
                       const cache_place& into, cache_time now) {
  auto parsed = config::parse_models_answer(body);
  job_result result;
  if (const auto* error = std::get_if<config::catalogue_error>(&parsed)) {
    result.problem = fmt::format("the list of models cannot be read: {}; it begins with `{}`",
                                 error->message, beginning(body));
    return result;
  }
  auto& answer = std::get<config::models_answer>(parsed);
  for (auto& warning : answer.warnings)
    result.remarks.push_back("a model of the provider's list is left out: " + warning);
  result.models = with_fetched(answer.models);
  result.etag = etag;
  for (auto& remark : save_cache(into, {.fetched_at = now,
                                       .etag = std::move(etag),
                                       .client_version = into.client_version,
                                       .models = std::move(answer.models)}))
    result.remarks.push_back(std::move(remark));
  return result;
}

} // namespace troupe::models_manager
