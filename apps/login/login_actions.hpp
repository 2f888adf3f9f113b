#pragma once

#include "config/config.hpp"

#include <string>
#include <string_view>

/// What `troupe login`, `login status` and `logout` do (contract config.md 9). All of it blocks.
namespace troupe::login_app {

/// What stderr gets, without a newline at its end, and how the program ends.
struct report {
  std::string text;
  int exit_code = 0;
  bool operator==(const report&) const = default;
};

/// Whoever pipes more than this pipes something else.
inline constexpr std::size_t max_key_bytes = 16 * 1024;

/// Stores the key that was piped in; white space around it does not count.
report store_key(const config::config& settings, std::string_view input);

/// One line when somebody is logged in, with the ends of an API key at most; else exit code 1.
/// CODEX_API_KEY is no login: only what is stored counts.
report show_status(const config::config& settings);

report log_out(const config::config& settings);

/// Signing in through a browser is not offered; says what is.
report refuse_browser();

/// Standard input is a terminal: nobody has piped a key.
report refuse_terminal();

} // namespace troupe::login_app
