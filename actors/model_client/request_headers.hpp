#pragma once

#include "config/credentials.hpp"
#include "config/environment.hpp"
#include "config/providers.hpp"
#include "messages/model_stream.hpp"
#include "net/wire/headers.hpp"

#include <string>
#include <string_view>

/// Headers of requests to a provider (contract responses-client.md 3.1, 4.2, 10.2, 11.3). Values
/// that are not legal are left out silently.
namespace troupe::model_client {

/// Who we are to providers: headers that every HTTP request carries unless it has its own.
struct client_identity {
  std::string originator; ///< `codex_exec`, `codex_cli_rs`, or the name of an app-server's client
  std::string user_agent; ///< from `user_agent_text`
  std::string residency;  ///< `us` where the requirements enforce it; else empty
};

struct header_sources {
  const config::provider& provider;
  const config::environment& environment; ///< for the provider's headers from variables
  const config::credential& credential;
  const client_identity& identity;
};

/// Of `POST {base}/responses`. Later layers replace earlier ones: provider, turn, credential, media
/// types; the identity fills the gaps.
net::header_list request_headers(const model_request& x, const header_sources& from);

/// What a WebSocket handshake says of its thread.
struct handshake_origin {
  const thread_id& thread;
  const request_origin& origin;
  std::string_view turn_state; ///< empty: none
};

/// Of a WebSocket handshake: no identity and no sub-agent.
net::header_list handshake_headers(const handshake_origin& x, const header_sources& from);

/// Of the calls that answer in one piece; `subagent` may be empty.
net::header_list unary_headers(std::string_view subagent, const header_sources& from);

/// Of `GET {base}/models`: nothing of a turn, and no body.
net::header_list models_headers(const header_sources& from);

} // namespace troupe::model_client
