#include "config/home.hpp"

#include "config/text_file.hpp"

#include <fmt/format.h>

#include <string>

namespace troupe::config {

namespace fs = std::filesystem;

namespace {

config_error unusable_home(const std::string& value, std::string_view why) {
  return {config_errc::no_home,
          fmt::format("CODEX_HOME points to \"{}\", but that path {}", value, why)};
}

/// Programs name folders relative to where they were started; commands of agents run elsewhere, and
/// a sandbox is told whole paths.
fs::path absolute_home(const std::string& value, std::error_code& error) {
  if (value.starts_with('/'))
    return value;
  const auto start = fs::current_path(error);
  return error ? fs::path{} : (start / value).lexically_normal();
}

} // namespace

fs::path user_home(const environment& env) {
  const auto value = (env ? env("HOME") : std::nullopt).value_or("");
  std::error_code error;
  return value.empty() ? fs::path{} : absolute_home(value, error);
}

std::variant<fs::path, config_error> find_home(const environment& env) {
  std::error_code error;
  const auto given = env ? env("CODEX_HOME") : std::nullopt;
  if (!given || given->empty()) {
    const auto user = env ? env("HOME") : std::nullopt;
    if (!user || user->empty())
      return config_error{config_errc::no_home,
                          "neither CODEX_HOME nor HOME is set; set CODEX_HOME to a directory"};
    auto home = absolute_home(*user, error) / ".codex";
    if (error)
      return config_error{
        config_errc::no_home,
        fmt::format("HOME is \"{}\", which needs a working folder, and there is none: {}", *user,
                    error.message())};
    return home;
  }
  const auto status = fs::status(*given, error);
  if (status.type() == fs::file_type::not_found)
    return unusable_home(*given, "does not exist");
  if (error)
    return unusable_home(*given, fmt::format("cannot be read: {}", error.message()));
  if (!fs::is_directory(status))
    return unusable_home(*given, "is not a directory");
  auto canonical = fs::canonical(*given, error);
  if (error)
    return unusable_home(*given, fmt::format("cannot be resolved: {}", error.message()));
  return canonical;
}

std::error_code create_home(const fs::path& home) {
  return create_private_folders(home);
}

fs::path config_file(const fs::path& home) {
  return home / "config.toml";
}

fs::path profile_file(const fs::path& home, std::string_view name) {
  if (name.empty() || name.find_first_of(std::string_view{"/\\\0", 3}) != std::string_view::npos)
    return {};
  return home / fmt::format("{}.config.toml", name);
}

fs::path auth_file(const fs::path& home) {
  return home / "auth.json";
}

fs::path sessions_folder(const fs::path& home) {
  return home / "sessions";
}

fs::path archived_sessions_folder(const fs::path& home) {
  return home / "archived_sessions";
}

fs::path session_index_file(const fs::path& home) {
  return home / "session_index.jsonl";
}

fs::path history_file(const fs::path& home) {
  return home / "history.jsonl";
}

fs::path models_cache_file(const fs::path& home) {
  return home / "models_cache.json";
}

fs::path rules_folder(const fs::path& home) {
  return home / "rules";
}

fs::path skills_folder(const fs::path& home) {
  return home / "skills";
}

fs::path log_folder(const fs::path& home) {
  return home / "log";
}

} // namespace troupe::config
