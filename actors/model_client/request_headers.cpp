#include "actors/model_client/request_headers.hpp"

namespace troupe::model_client {

namespace {

void set_if_given(net::header_list& headers, std::string_view name, std::string_view value) {
  if (!value.empty())
    headers.set(name, value);
}

void set_if_absent(net::header_list& headers, std::string_view name, std::string_view value) {
  if (!headers.contains(name))
    set_if_given(headers, name, value);
}

} // namespace

net::header_list request_headers(const model_request& x, const header_sources& from) {
  net::header_list result;
  result.reserve(12);
  for (const auto& [name, value] : config::provider_headers(from.provider, from.environment))
    result.set(name, value);
  set_if_given(result, "x-codex-turn-state", x.turn_state);
  result.set("session_id", to_string(x.thread));
  set_if_given(result, "x-openai-subagent", x.origin.subagent);
  if (from.credential.token)
    result.set("Authorization", "Bearer " + from.credential.token->reveal());
  set_if_given(result, "ChatGPT-Account-ID", from.credential.account_id.value_or(""));
  result.set("Accept", "text/event-stream");
  set_if_absent(result, "Content-Type", "application/json");
  set_if_absent(result, "originator", from.identity.originator);
  set_if_absent(result, "User-Agent", from.identity.user_agent);
  return result;
}

} // namespace troupe::model_client
