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

net::header_list provider_layer(const header_sources& from) {
  net::header_list result;
  result.reserve(16);
  for (const auto& [name, value] : config::provider_headers(from.provider, from.environment))
    result.set(name, value);
  return result;
}

void add_turn_layer(net::header_list& headers, const handshake_origin& x) {
  set_if_given(headers, "x-codex-beta-features", x.origin.beta_features);
  set_if_given(headers, "x-codex-turn-state", x.turn_state);
  set_if_given(headers, "x-codex-turn-metadata", x.origin.turn_metadata);
  headers.set("session_id", to_string(x.thread));
}

void add_credential_layer(net::header_list& headers, const config::credential& x) {
  if (x.token)
    headers.set("Authorization", "Bearer " + x.token->reveal());
  set_if_given(headers, "ChatGPT-Account-ID", x.account_id.value_or(""));
}

void add_identity(net::header_list& headers, const client_identity& x) {
  set_if_absent(headers, "originator", x.originator);
  set_if_absent(headers, "User-Agent", x.user_agent);
  set_if_absent(headers, "x-openai-internal-codex-residency", x.residency);
}

void fill_gaps(net::header_list& headers, const client_identity& x) {
  set_if_absent(headers, "Content-Type", "application/json");
  add_identity(headers, x);
}

constexpr std::string_view websocket_beta(model_transport x) {
  return x == model_transport::websocket_v2 ? "responses_websockets=2026-02-06"
                                            : "responses_websockets=2026-02-04";
}

} // namespace

net::header_list request_headers(const model_request& x, const header_sources& from) {
  auto result = provider_layer(from);
  add_turn_layer(result, {.thread = x.thread, .origin = x.origin, .turn_state = x.turn_state});
  set_if_given(result, "x-openai-subagent", x.origin.subagent);
  add_credential_layer(result, from.credential);
  result.set("Accept", "text/event-stream");
  fill_gaps(result, from.identity);
  return result;
}

net::header_list handshake_headers(const handshake_origin& x, const header_sources& from) {
  auto result = provider_layer(from);
  add_turn_layer(result, x);
  result.set("OpenAI-Beta", websocket_beta(x.origin.transport));
  if (x.origin.timing_metrics)
    result.set("x-responsesapi-include-timing-metrics", "true");
  add_credential_layer(result, from.credential);
  return result;
}

net::header_list unary_headers(std::string_view subagent, const header_sources& from) {
  auto result = provider_layer(from);
  set_if_given(result, "x-openai-subagent", subagent);
  add_credential_layer(result, from.credential);
  fill_gaps(result, from.identity);
  return result;
}

net::header_list models_headers(const header_sources& from) {
  auto result = provider_layer(from);
  add_credential_layer(result, from.credential);
  add_identity(result, from.identity);
  return result;
}

} // namespace troupe::model_client
