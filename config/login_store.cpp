#include "config/login_store.hpp"

#include "config/home.hpp"
#include "config/text_file.hpp"

#include <fmt/format.h>

#include <utility>

namespace troupe::config {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view no_keyring =
  "`cli_auth_credentials_store` is `keyring`, but this program keeps logins in files only; set it "
  "to `file` and log in again";

constexpr std::string_view no_storage =
  "`cli_auth_credentials_store` is `ephemeral`: a login would be forgotten when this command ends; "
  "set it to `file`, or put the key into CODEX_API_KEY";

credential_error file_problem(std::string_view verb, const fs::path& home, std::error_code error) {
  return {fmt::format("cannot {} {}: {}", verb, auth_file(home).string(), error.message())};
}

} // namespace

std::variant<std::optional<login>, credential_error> read_login(const login_store& from) {
  switch (from.mode) {
  case login_store_mode::keyring: return credential_error{std::string{no_keyring}};
  case login_store_mode::ephemeral: return std::optional<login>{};
  case login_store_mode::file:
  case login_store_mode::automatic: return read_login(from.home);
  }
  return std::optional<login>{}; // unreachable; keeps GCC content
}

std::optional<credential_error> save_login(const login_store& into, const login& x) {
  if (into.mode == login_store_mode::keyring)
    return credential_error{std::string{no_keyring}};
  if (into.mode == login_store_mode::ephemeral)
    return credential_error{std::string{no_storage}};
  if (const auto error = save_login(into.home, x))
    return file_problem("write", into.home, error);
  return std::nullopt;
}

std::variant<logout_result, credential_error> remove_login(const login_store& from) {
  if (from.mode == login_store_mode::ephemeral)
    return logout_result::was_not_logged_in;
  const auto removed = remove_login(from.home);
  if (const auto* error = std::get_if<std::error_code>(&removed))
    return file_problem("remove", from.home, *error);
  return std::get<logout_result>(removed);
}

credential_error lock_problem(const login_store& store, std::error_code error) {
  if (error == std::errc::resource_unavailable_try_again)
    return {fmt::format("another process is renewing the login in {}; try again",
                        auth_file(store.home).string())};
  return file_problem("lock", store.home, error);
}

std::optional<credential_error> save_login_locked(const login_store& into, const login& x,
                                                  std::chrono::milliseconds patience) {
  const auto lock = login_lock::take(into.home, patience);
  if (const auto* error = std::get_if<std::error_code>(&lock))
    return lock_problem(into, *error);
  return save_login(into, x);
}

std::variant<logout_result, credential_error>
remove_login_locked(const login_store& from, std::chrono::milliseconds patience) {
  std::error_code ignored;
  if (fs::symlink_status(auth_file(from.home), ignored).type() == fs::file_type::not_found)
    return logout_result::was_not_logged_in; // and no lock file in a home that may not exist
  const auto lock = login_lock::take(from.home, patience);
  if (const auto* error = std::get_if<std::error_code>(&lock))
    return lock_problem(from, *error);
  return remove_login(from);
}

std::optional<login> environment_login(const environment& env, key_from_environment key) {
  if (key == key_from_environment::ignored)
    return std::nullopt;
  const auto value = non_blank(env, "CODEX_API_KEY");
  if (!value)
    return std::nullopt;
  login result;
  result.stated_mode = auth_mode::api_key;
  result.api_key = secret{std::string{trimmed(*value)}};
  return result;
}

std::variant<std::optional<login>, credential_error>
load_login(const login_store& from, const environment& env, key_from_environment key) {
  if (auto given = environment_login(env, key))
    return given;
  return read_login(from);
}

} // namespace troupe::config
