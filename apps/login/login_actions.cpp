#include "apps/login/login_actions.hpp"

#include "apps/common/exit_codes.hpp"
#include "config/home.hpp"
#include "config/login_store.hpp"
#include "config/text_file.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe::login_app {

namespace {

constexpr std::string_view pipe_a_key = "printenv OPENAI_API_KEY | troupe login --with-api-key";

report failure(std::string text) {
  return {std::move(text), common::exit_failed};
}

config::login_store store_of(const config::config& x) {
  return {x.home, x.credentials_store};
}

/// A key goes into a header, in one piece.
bool is_plausible_key(std::string_view key) {
  return std::ranges::all_of(key, [](char c) { return c > ' ' && c <= '~'; });
}

} // namespace

report store_key(const config::config& settings, std::string_view input) {
  if (settings.forced_login_method == config::login_method::chatgpt)
    return failure("Error: `forced_login_method` is `chatgpt`: API keys are not allowed here");
  const auto key = config::trimmed(input);
  if (key.empty())
    return failure(
      fmt::format("Error: no API key came through standard input. Pipe it in:\n  {}", pipe_a_key));
  if (!is_plausible_key(key))
    return failure("Error: that is no API key: it holds blanks, line breaks or characters that no "
                   "key has. Nothing was stored");
  config::login login;
  login.stated_mode = config::auth_mode::api_key;
  login.api_key = config::secret{std::string{key}};
  if (const auto error = config::save_login_locked(store_of(settings), login))
    return failure("Error: " + error->message);
  return {"Successfully logged in", common::exit_ok};
}

report show_status(const config::config& settings) {
  const auto read = config::read_login(store_of(settings));
  if (const auto* error = std::get_if<config::credential_error>(&read))
    return failure("Error: " + error->message);
  const auto& login = std::get<std::optional<config::login>>(read);
  if (!login)
    return failure("Not logged in");
  if (login->mode() == config::auth_mode::api_key)
    return {"Logged in using an API key - " + config::masked_key(*login->api_key), common::exit_ok};
  return {"Logged in using ChatGPT", common::exit_ok};
}

report log_out(const config::config& settings) {
  const auto removed = config::remove_login_locked(store_of(settings));
  if (const auto* error = std::get_if<config::credential_error>(&removed))
    return failure("Error: " + error->message);
  const auto was_there = std::get<config::logout_result>(removed) == config::logout_result::removed;
  return {was_there ? "Successfully logged out" : "Not logged in", common::exit_ok};
}

report refuse_browser() {
  return failure(fmt::format(
    "Error: troupe does not sign in through a browser or a device code. Either store an API key:\n"
    "  {}\n"
    "or sign in with Codex: a login in its state directory (~/.codex or CODEX_HOME) is used and "
    "renewed as it is",
    pipe_a_key));
}

report refuse_terminal() {
  return failure(
    fmt::format("Error: --with-api-key reads the key from standard input, so that it stands in no "
                "command line and no history. Pipe it in:\n  {}",
                pipe_a_key));
}

} // namespace troupe::login_app
