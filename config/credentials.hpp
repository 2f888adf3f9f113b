#pragma once

#include "config/environment.hpp"
#include "config/providers.hpp"
#include "config/secret.hpp"
#include "messages/wire_enum.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <variant>

namespace troupe {
namespace config {
/// Values of `forced_login_method`.
enum class login_method : std::uint8_t { chatgpt, api };
} // namespace config

template <>
struct enum_texts<config::login_method> {
  static constexpr std::array<std::string_view, 2> values{"chatgpt", "api"};
};
} // namespace troupe

/// Stored logins and the credential that a request carries (contracts responses-client.md 2,
/// config.md 9). Refreshing tokens is not done here.
namespace troupe::config {

enum class auth_mode : std::uint8_t { api_key, chatgpt, chatgpt_external };

/// What an `id_token` says about its owner. Its signature is not verified.
struct id_claims {
  std::optional<std::string> email;
  std::optional<std::string> plan; ///< `free`, `plus`, ...; unknown ones are kept as they are
  std::optional<std::string> user_id;
  std::optional<std::string> account_id; ///< the workspace
  bool operator==(const id_claims&) const = default;
};

/// None when `jwt` is not three non-empty parts of which the second is unpadded base64url of a JSON
/// object.
std::optional<id_claims> parse_id_token(std::string_view jwt);

/// Team, business, enterprise and edu belong to an organisation.
bool is_workspace_plan(std::string_view plan);

struct token_set {
  secret id_token;
  secret access_token;
  secret refresh_token;
  std::optional<std::string> account_id;
  id_claims claims; ///< parsed from `id_token`
  bool operator==(const token_set&) const = default;
};

/// The content of `auth.json`.
struct login {
  std::optional<auth_mode> stated_mode; ///< as written; `mode` is what counts
  std::optional<secret> api_key;
  std::optional<token_set> tokens;
  std::optional<std::string> last_refresh; ///< RFC 3339, UTC

  /// The stated mode; else API key when there is one, else ChatGPT.
  auth_mode mode() const;
  bool operator==(const login&) const = default;
};

login_kind kind_of(const std::optional<login>& x);

/// Text of a problem; never holds a token or a key.
struct credential_error {
  std::string message;
  bool operator==(const credential_error&) const = default;
};

std::variant<login, credential_error> parse_login(std::string_view json);
std::string print_login(const login& x);

/// None when the file does not exist. At most `max_auth_file_bytes` are read.
std::variant<std::optional<login>, credential_error> read_login(const std::filesystem::path& home);
inline constexpr std::size_t max_auth_file_bytes = 1024 * 1024;

/// Replaces `auth.json` in one step, mode 0600; creates the home when missing.
std::error_code save_login(const std::filesystem::path& home, const login& x);

enum class logout_result : std::uint8_t { removed, was_not_logged_in };

std::variant<logout_result, std::error_code> remove_login(const std::filesystem::path& home);

/// Only `exec` takes a key from CODEX_API_KEY.
enum class key_from_environment : std::uint8_t { ignored, allowed };

/// The login that counts: CODEX_API_KEY where allowed, else the stored one. A store that cannot be
/// read is the error; callers that start anyway treat it as "not logged in".
std::variant<std::optional<login>, credential_error>
load_login(const std::filesystem::path& home, const environment& env, key_from_environment key);

/// What a request carries. No token: the `Authorization` header is left out.
struct credential {
  std::optional<secret> token;
  std::optional<std::string> account_id;
  bool operator==(const credential&) const = default;
};

/// The provider's own key, else its literal token, else the login (contract 2.5). Errors: the
/// provider's variable is unset or blank; a ChatGPT login without tokens.
std::variant<credential, credential_error>
request_credential(const provider& x, const environment& env, const std::optional<login>& login);

/// Refuses a login that `forced_login_method` or `forced_chatgpt_workspace_id` forbids: the text to
/// print before exit code 1. The caller removes the stored login.
std::optional<std::string> refuse_login(const login& x, std::optional<login_method> forced,
                                        const std::vector<std::string>& forced_workspaces);

} // namespace troupe::config
