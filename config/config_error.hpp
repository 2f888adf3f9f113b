#pragma once

#include <string>
#include <string_view>

namespace troupe::config {

/// What kept a configuration from being loaded. A retry helps with none of them: the user must act.
enum class config_errc {
  no_home,          ///< CODEX_HOME is unusable, or there is no HOME
  bad_override,     ///< a `-c` argument that is not key=value
  bad_file,         ///< syntax error, wrong type or value, unreadable or too large file
  unknown_profile,  ///< `--profile` or `profile` names none
  unknown_provider, ///< `model_provider` names none, or a retired one
  unknown_feature,  ///< `--enable` or `--disable` names none
};

struct config_error {
  config_errc code;
  /// The cause and where it is, without the words that a front end puts before it. For `bad_file`
  /// from a file: `PATH:LINE:COL: MESSAGE`, then the line and a marker below it.
  std::string message;

  bool operator==(const config_error&) const = default;
};

/// What a program prints on stderr before it ends with exit code 1 (contract config.md 1 to 3, 8).
std::string to_string(const config_error& x);

} // namespace troupe::config
