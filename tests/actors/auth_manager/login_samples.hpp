#pragma once

#include "actors/auth_manager/token_state.hpp"

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>

/// Logins as tests need them. The id tokens are real JWTs without a signature.
namespace troupe::testing {

inline constexpr auth_manager::time_point sample_now{
  std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};

// {"https://api.openai.com/auth":{"chatgpt_account_id":"acc-1"}} and the same with acc-2
inline constexpr std::string_view id_token_1 =
  "h.eyJodHRwczovL2FwaS5vcGVuYWkuY29tL2F1dGgiOnsiY2hhdGdwdF9hY2NvdW50X2lkIjoiYWNjLTEifX0.s";
inline constexpr std::string_view id_token_2 =
  "h.eyJodHRwczovL2FwaS5vcGVuYWkuY29tL2F1dGgiOnsiY2hhdGdwdF9hY2NvdW50X2lkIjoiYWNjLTIifX0.s";

struct sample_tokens {
  std::string access = "access-1";
  std::string refresh = "refresh-1";
  std::optional<std::string> account = "acc-1";
  std::chrono::hours age{24};
};

inline config::login chatgpt_login(const sample_tokens& x = {}) {
  config::login result;
  result.stated_mode = config::auth_mode::chatgpt;
  const std::string id{x.account == "acc-2" ? id_token_2 : id_token_1};
  auto claims = config::parse_id_token(id);
  if (!claims)
    throw std::logic_error("the sample is no token");
  result.tokens = config::token_set{config::secret{id}, config::secret{x.access},
                                    config::secret{x.refresh}, x.account, *std::move(claims)};
  result.last_refresh = auth_manager::time_text(sample_now - x.age);
  return result;
}

inline config::login key_login(std::string key) {
  config::login result;
  result.stated_mode = config::auth_mode::api_key;
  result.api_key = config::secret{std::move(key)};
  return result;
}

} // namespace troupe::testing
