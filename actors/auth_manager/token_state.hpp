#pragma once

#include "config/credentials.hpp"
#include "config/environment.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

/// ChatGPT tokens and how they are renewed (contract responses-client.md 2.6, 2.7 and 2.9). Pure.
namespace troupe::auth_manager {

using time_point = std::chrono::system_clock::time_point;

/// Tokens older than this are renewed before a request; exactly this old is still fresh.
inline constexpr std::chrono::hours stale_after{8 * 24};

/// Managed ChatGPT tokens that were renewed too long ago. A time that cannot be read counts as
/// long ago: the refresh puts it right.
bool is_stale(const config::login& x, time_point now);

/// `CODEX_REFRESH_TOKEN_URL_OVERRIDE`, else the issuer's.
std::string token_url(const config::environment& env);

/// The body of the refresh request. Holds the token: for the network only.
std::string refresh_body(const config::secret& refresh_token);

/// What a refresh brought. Empty texts count as absent.
struct renewed_tokens {
  std::optional<config::secret> id_token;
  std::optional<config::secret> access_token;
  std::optional<config::secret> refresh_token;
  bool operator==(const renewed_tokens&) const = default;
};

enum class refusal : std::uint8_t {
  expired,   ///< the refresh token is too old
  exhausted, ///< it was used before
  revoked,   ///< somebody took it back
  other,     ///< 401 for a reason that is not known
  transient  ///< may work later
};

/// All but `transient`: only a new login helps.
constexpr bool is_permanent(refusal x) {
  return x != refusal::transient;
}

struct refresh_failure {
  refusal reason = refusal::transient;
  std::string message; ///< the whole sentence for the user; no secrets
  bool operator==(const refresh_failure&) const = default;
};

refresh_failure transient_failure(std::string_view cause);

/// Reads the token server's answer of any status. `used` is the token that was sent: it is blanked
/// where the server repeats it.
std::variant<renewed_tokens, refresh_failure> read_refresh_answer(int status, std::string_view body,
                                                                  const config::secret& used);

/// What a log may show of a refused refresh: the start of the body, with the token blanked.
std::string loggable_body(std::string_view body, const config::secret& used);

/// `stored` with the new tokens and `now` as the time of the refresh; its account stays. A failure
/// (transient) when it holds no tokens any more or an id token cannot be read.
std::variant<config::login, refresh_failure>
with_tokens(config::login stored, const renewed_tokens& tokens, time_point now);

/// Another process has renewed the tokens: the store holds younger ones of the same account. Using
/// them saves a refresh, and the refresh token of `cached` is most likely used up.
bool was_renewed_elsewhere(const config::login& cached, const config::login& stored);

/// The login that a host application lends; none when the id token cannot be read.
std::optional<config::login> external_login(const external_tokens& x, time_point now);

/// The account that a reload must bring again: the one that requests name.
std::optional<std::string> account_of(const std::optional<config::login>& x);

/// RFC 3339 in UTC with nine digits after the point, as `last_refresh` is written.
std::string time_text(time_point time);

} // namespace troupe::auth_manager
