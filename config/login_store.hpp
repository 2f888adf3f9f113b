#pragma once

#include "config/credentials.hpp"
#include "config/environment.hpp"
#include "config/login_lock.hpp"
#include "messages/wire_enum.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <variant>

namespace troupe {
namespace config {
/// Values of `cli_auth_credentials_store`.
enum class login_store_mode : std::uint8_t { file, keyring, automatic, ephemeral };
} // namespace config

template <>
struct enum_texts<config::login_store_mode> {
  static constexpr std::array<std::string_view, 4> values{"file", "keyring", "auto", "ephemeral"};
};
} // namespace troupe

/// Where logins are kept (contract responses-client.md 2.3 and 2.4). All functions block.
namespace troupe::config {

/// `automatic` means the file: there is no keyring here. `keyring` is refused with the remedy.
/// `ephemeral` stores nothing: such logins live in the auth manager of one process.
struct login_store {
  std::filesystem::path home;
  login_store_mode mode = login_store_mode::file;
  bool operator==(const login_store&) const = default;
};

/// None when nobody is logged in.
std::variant<std::optional<login>, credential_error> read_login(const login_store& from);

/// Replaces the stored login. Error: it was not stored; what was there is still there.
std::optional<credential_error> save_login(const login_store& into, const login& x);

/// Removes the stored login.
std::variant<logout_result, credential_error> remove_login(const login_store& from);

/// The two above, by a command: they wait for a refresh that is under way.
std::optional<credential_error>
save_login_locked(const login_store& into, const login& x,
                  std::chrono::milliseconds patience = login_lock::default_patience);
std::variant<logout_result, credential_error>
remove_login_locked(const login_store& from,
                    std::chrono::milliseconds patience = login_lock::default_patience);

/// What is to be read where a lock was not got.
credential_error lock_problem(const login_store& store, std::error_code error);

/// Only `exec` takes a key from CODEX_API_KEY.
enum class key_from_environment : std::uint8_t { ignored, allowed };

/// The login of CODEX_API_KEY, if it holds more than white space.
std::optional<login> environment_login(const environment& env, key_from_environment key);

/// The login that counts: CODEX_API_KEY where allowed, else the stored one. A store that cannot be
/// read is the error; callers that start anyway treat it as "not logged in".
std::variant<std::optional<login>, credential_error>
load_login(const login_store& from, const environment& env, key_from_environment key);

} // namespace troupe::config
