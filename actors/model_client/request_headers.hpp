#pragma once

#include "config/credentials.hpp"
#include "config/environment.hpp"
#include "config/providers.hpp"
#include "messages/model_stream.hpp"
#include "net/wire/headers.hpp"

#include <string>

/// Headers of `POST {base}/responses` (contract responses-client.md 3.1, 4.2). Values that are not
/// legal are left out silently.
namespace troupe::model_client {

/// Who we are to providers: headers that every request carries unless it has its own.
struct client_identity {
  std::string originator; ///< `codex_exec`, `codex_cli_rs`, or the name of an app-server's client
  std::string user_agent; ///< from `user_agent_text`
};

struct header_sources {
  const config::provider& provider;
  const config::environment& environment; ///< for the provider's headers from variables
  const config::credential& credential;
  const client_identity& identity;
};

/// Later layers replace earlier ones: provider, turn, credential, media types; the identity fills
/// the gaps.
net::header_list request_headers(const model_request& x, const header_sources& from);

} // namespace troupe::model_client
