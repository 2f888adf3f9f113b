#include "apps/sim/routes.hpp"

#include "net/wire/headers.hpp"

namespace troupe::sim {

endpoint endpoint_of(std::string_view method, std::string_view target, std::string_view upgrade) {
  const auto question = target.find('?');
  const auto path = target.substr(0, question);
  if (method == "POST") {
    if (path.ends_with("/responses"))
      return endpoint::responses;
    if (path.ends_with("/responses/compact"))
      return endpoint::compact;
    if (path.ends_with("/memories/trace_summarize"))
      return endpoint::memories;
    if (path.ends_with("/oauth/token"))
      return endpoint::token;
    return endpoint::unknown;
  }
  if (method != "GET")
    return endpoint::unknown;
  if (net::equals_ignoring_case(upgrade, "websocket"))
    return endpoint::websocket;
  if (path == "/sim/stats")
    return endpoint::statistics;
  if (!path.ends_with("/models"))
    return endpoint::unknown;
  const auto query = question == std::string_view::npos ? "" : target.substr(question + 1);
  // Only clients of the Codex family send it, and they read only their own form.
  return query.find("client_version=") == std::string_view::npos ? endpoint::plain_models
                                                                 : endpoint::model_catalogue;
}

std::string_view session_of(const net::header_list& headers) {
  for (const std::string_view name : {"session_id", "session-id", "thread-id"})
    if (const auto value = headers.find(name))
      return *value;
  return {};
}

} // namespace troupe::sim
