#include "config/config_error.hpp"

namespace troupe::config {

namespace {

std::string_view introduction(config_errc code) {
  switch (code) {
  case config_errc::no_home: return "Error finding codex home: ";
  case config_errc::bad_override: return "Error parsing -c overrides: ";
  case config_errc::bad_file: return "Error loading config.toml:\n";
  case config_errc::unknown_profile:
  case config_errc::unknown_provider:
  case config_errc::unknown_feature: return "Error: ";
  }
  return {};
}

} // namespace

std::string to_string(const config_error& x) {
  return std::string{introduction(x.code)} + x.message;
}

} // namespace troupe::config
