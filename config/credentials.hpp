#pragma once

#include "config/environment.hpp"
#include "config/providers.hpp"
#include "config/secret.hpp"
#include "messages/auth.hpp"
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

/// Logins, the file that holds one, and the credential that a request carries (contracts
/// responses-client.md 2, config.md 9). Where a login is looked for: login_store.hpp; renewing
/// tokens: actors/auth_manager.
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
login_kind kind_of(login_mode x);

/// The first eight and the last five characters of a key; `***` when it is so short that this would
/// show most of it. For `login status`.
std::string masked_key(const secret& key);

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

/// What a request carries. No token: the `Authorization` header is left out.
struct credential {
  std::optional<secret> token;
  std::optional<std::string> account_id;
  bool operator==(const credential&) const = default;
};

/// The login as the node's services use it. `repair` is possible with ChatGPT's own tokens; whoever
/// knows a host for external ones says so afterwards.
login_snapshot snapshot_of(const std::optional<login>& x, std::uint64_t generation);

/// The provider's own key, else its literal token, else the login (contract 2.5). Errors: the
/// provider's variable is unset or blank; a ChatGPT login without tokens.
std::variant<credential, credential_error>
request_credential(const provider& x, const environment& env, const login_snapshot& login);
std::variant<credential, credential_error>
request_credential(const provider& x, const environment& env, const std::optional<login>& login);

/// Refuses a login that `forced_login_method` or `forced_chatgpt_workspace_id` forbids: the text to
/// print before exit code 1. The caller removes the stored login.
std::optional<std::string> refuse_login(const login& x, std::optional<login_method> forced,
                                        const std::vector<std::string>& forced_workspaces);

} // namespace troupe::config
