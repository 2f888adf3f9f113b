// Streams that are answered without the network, and what is kept for that: the third part of the
// stream desk.
#include "actors/model_client/exchange_store.hpp"
#include "actors/model_client/fixture.hpp"
#include "actors/model_client/request_body.hpp"
#include "actors/model_client/response_headers.hpp"
#include "actors/model_client/stream_desk_run.hpp"

#include <string>
#include <utility>
#include <vector>

namespace troupe::model_client {

namespace {

constexpr std::string_view responses_path = "responses";

std::string comparable(const model_request& x, const config::provider& provider) {
  const auto store = config::is_azure(provider) ? store_response::yes : store_response::no;
  return comparable_request(request_body(x, {.store = store}), x.thread);
}

} // namespace

void stream_desk::answer_offline(operation number, stream_state& call) {
  if (context_.replay)
    return replay(number, call);
  auto response = model_client::replay(*context_.fixture);
  call.audience->tell(std::move(response.events));
  end(number, std::move(response.error));
}

void stream_desk::replay(operation number, stream_state& call) {
  const auto answer = context_.replay->next(
    responses_path, secrets(call).masked(comparable(call.request, *call.provider)),
    call.provider->request_max_retries);
  if (answer.found == nullptr)
    return end(number, model_error{.code = model_errc::fatal,
                                   .message = answer.problem,
                                   .retry_after = std::nullopt,
                                   .http_status = std::nullopt});
  const auto& x = *answer.found;
  if (x.status < 200 || x.status > 299) {
    auto failed = map_status({.status = x.status,
                              .url = url_of(*call.provider, call.login),
                              .headers = x.headers,
                              .body = x.body},
                             context_.clock);
    return end(number, std::move(failed.error), std::move(failed.limits));
  }
  std::vector<model_event> events;
  append_header_events(x.headers, events);
  stream_reader reader{context_.limits.event_bytes};
  const auto progress = reader.feed(x.body, events);
  call.audience->tell(std::move(events));
  if (reader.is_completed())
    return end(number, {});
  end(number, reader.failure(progress.error));
}

void stream_desk::record(const stream_state& call) const {
  const auto& outcome = call.attempt->outcome();
  const auto hidden = secrets(call);
  // The request, too: its history holds what an answer repeated, and a replay finds it masked.
  context_.recorder->record(
    {.path = std::string{responses_path},
     .request = hidden.masked(comparable(call.request, *call.provider)),
     .status = outcome.head.status,
     .headers = hidden.masked(kept_headers(outcome.head.headers)),
     .body = hidden.masked(call.attempt->has_begun() ? call.attempt->kept_body() : outcome.body)});
}

} // namespace troupe::model_client
