#pragma once

#include "messages/secret.hpp"
#include "messages/wire_enum.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The login of a node as its services speak of it (contract responses-client.md 2). What holds a
/// `secret` cannot be written to another node: model clients and models managers ask the auth
/// manager of their own.
namespace troupe {

/// What a login is. The texts are those of `auth_mode` in auth.json; `none` is never written.
enum class login_mode : std::uint8_t { none, api_key, chatgpt, chatgpt_external };
template <>
struct enum_texts<login_mode> {
  static constexpr std::array<std::string_view, 4> values{"none", "apikey", "chatgpt",
                                                          "chatgptAuthTokens"};
};

/// Whether a refused token of that login may be replaced by a valid one.
enum class login_repair : std::uint8_t { impossible, possible };
template <>
struct enum_texts<login_repair> {
  static constexpr std::array<std::string_view, 2> values{"impossible", "possible"};
};

/// The login at one moment.
struct login_snapshot {
  std::uint64_t generation = 0; ///< grows whenever the login or its tokens change
  login_mode mode = login_mode::none;
  secret token; ///< the bearer token; empty: requests carry no `Authorization`
  std::optional<std::string> account_id; ///< the workspace of a ChatGPT login
  /// ChatGPT: managed tokens, or a host that can be asked for others.
  login_repair repair = login_repair::impossible;
  /// Why a ChatGPT login has no token: an error of the request that may be retried (contract 2.5).
  /// Else empty.
  std::string problem;
  bool operator==(const login_snapshot&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, login_snapshot& x) {
  return f.object(x).fields(f.field("generation", x.generation), f.field("mode", x.mode),
                            f.field("token", x.token), f.field("account_id", x.account_id),
                            f.field("repair", x.repair), f.field("problem", x.problem));
}

/// Before every request is set up. Answer: `login_snapshot`, after stale tokens were refreshed, or
/// with the old ones when that failed or took too long.
struct get_login {
  bool operator==(const get_login&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, get_login& x) {
  return f.object(x).fields();
}

/// What is tried after a 401 (contract 2.8).
enum class recovery_step : std::uint8_t {
  reload,  ///< the stored login; when it is of another account, a refresh
  refresh, ///< new tokens for the refresh token
  ask_host ///< new tokens from the host application
};
template <>
struct enum_texts<recovery_step> {
  static constexpr std::array<std::string_view, 3> values{"reload", "refresh", "ask_host"};
};

/// A token was refused with 401: one step of the way out. Answer: `login_recovery`, or
/// `errc::queue_full`.
///
/// Callers share what is done: who comes with the same refused generation while a step is under way
/// gets its result, and who comes after a refresh that is newer than what was refused gets the new
/// login at once.
struct recover_login {
  recovery_step step = recovery_step::reload;
  std::uint64_t refused = 0; ///< generation of the snapshot whose token was refused
  std::optional<std::string> expected_account; ///< a reload must bring this one
  bool operator==(const recover_login&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, recover_login& x) {
  return f.object(x).fields(f.field("step", x.step), f.field("refused", x.refused),
                            f.field("expected_account", x.expected_account));
}

enum class recovery_outcome : std::uint8_t {
  reloaded, ///< another login may be there now: try again, a refresh is still possible
  renewed,  ///< the tokens are new: try again, nothing more is possible after that
  failed,   ///< for now; an error that may be retried (`Io` of contract 8.2)
  refused   ///< for good: the user must log in again (`RefreshTokenFailed` of contract 8.2)
};
template <>
struct enum_texts<recovery_outcome> {
  static constexpr std::array<std::string_view, 4> values{"reloaded", "renewed", "failed",
                                                          "refused"};
};

struct login_recovery {
  recovery_outcome outcome = recovery_outcome::failed;
  login_snapshot login; ///< to try again with, when there is something to try
  std::string message;  ///< when it failed or was refused: the whole sentence for the user
  bool operator==(const login_recovery&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, login_recovery& x) {
  return f.object(x).fields(f.field("outcome", x.outcome), f.field("login", x.login),
                            f.field("message", x.message));
}

/// A ChatGPT login that the host application keeps (contract 2.9).
struct external_tokens {
  secret id_token; ///< a JWT
  secret access_token;
  bool operator==(const external_tokens&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, external_tokens& x) {
  return f.object(x).fields(f.field("id_token", x.id_token),
                            f.field("access_token", x.access_token));
}

/// To the host application, because its token was refused with 401. Answer: `external_tokens`.
struct refresh_external_login {
  std::optional<std::string> previous_account;
  bool operator==(const refresh_external_login&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, refresh_external_login& x) {
  return f.object(x).fields(f.field("previous_account", x.previous_account));
}

/// Removes the login from memory and store. Answer: `logged_out`.
struct log_out {
  bool operator==(const log_out&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, log_out& x) {
  return f.object(x).fields();
}

struct logged_out {
  bool was_logged_in = false; ///< there was something to remove
  bool operator==(const logged_out&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, logged_out& x) {
  return f.object(x).fields(f.field("was_logged_in", x.was_logged_in));
}

/// One-way, to those who watch: who is logged in, at first and whenever that becomes somebody else.
/// Renewed tokens are no change.
struct login_changed {
  login_mode mode = login_mode::none;
  std::optional<std::string> account_id; ///< the workspace of a ChatGPT login
  bool operator==(const login_changed&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, login_changed& x) {
  return f.object(x).fields(f.field("mode", x.mode), f.field("account_id", x.account_id));
}

} // namespace troupe
