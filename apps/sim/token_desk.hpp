#pragma once

#include "apps/sim/service_rules.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace troupe::sim {

/// Keeps the access tokens of a simulated provider: which are let in, and what a refresh hands out
/// (contract responses-client, sections 2.7 and 2.8). Not thread-safe.
///
/// Bounded: after `max_refreshes` no more tokens are handed out.
class token_desk {
public:
  static constexpr std::size_t max_refreshes = 100'000;

  explicit token_desk(auth_rule x);

  /// Why a request is not let in.
  struct refusal {
    std::string_view code; ///< for `error.code`
    std::string_view message;
  };

  /// Whether a request with this `Authorization` and account header is let in; counts the use.
  std::optional<refusal> admit(std::string_view authorization, std::string_view account_id);

  struct refresh_answer {
    int status = 200;
    std::string body; ///< JSON
  };

  /// What `POST .../oauth/token` answers to this body.
  refresh_answer refresh(std::string_view body);

private:
  refresh_answer hand_out();

  auth_rule rule_;
  std::unordered_map<std::string, std::uint64_t> uses_; // by access token; what is here is let in
  std::string refresh_token_;                           // the one that is taken now
  std::unordered_set<std::string> used_refresh_tokens_;
  std::size_t refreshes_ = 0;
};

} // namespace troupe::sim
