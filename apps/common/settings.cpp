#include "apps/common/settings.hpp"

#include "apps/common/output_channel.hpp"
#include "apps/common/version.hpp"
#include "config/home.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace troupe::common {

namespace fs = std::filesystem;

namespace {

settings_problem to_problem(const config::config_error& x) {
  return {to_string(x)};
}

std::variant<fs::path, settings_problem> open_home(const config::environment& env) {
  auto found = config::find_home(env);
  if (const auto* error = std::get_if<config::config_error>(&found))
    return to_problem(*error);
  auto& home = std::get<fs::path>(found);
  if (const auto error = config::create_home(home))
    return settings_problem{
      fmt::format("Error: cannot create {}: {}", home.string(), error.message())};
  return std::move(home);
}

config::login_store store_of(const config::config& x) {
  return {x.home, x.credentials_store};
}

/// What keeps the program from starting.
std::optional<settings_problem> read_login(loaded_settings& x) {
  auto login =
    config::load_login(store_of(x.settings), x.environment, config::key_from_environment::allowed);
  const auto* error = std::get_if<config::credential_error>(&login);
  if (error && x.settings.credentials_store != config::login_store_mode::keyring)
    return settings_problem{
      fmt::format("Error: {}; `troupe logout` removes it", error->message)}; // contract 2.10
  if (error) // other programs' setting, which need not stop this one
    x.settings.warnings.push_back(error->message);
  else
    x.login = std::get<std::optional<config::login>>(std::move(login));
  return std::nullopt;
}

/// A login that the configuration forbids is removed, so that the next start does not meet it.
std::optional<settings_problem> refuse_forbidden_login(const loaded_settings& x) {
  if (!x.login)
    return std::nullopt;
  auto refusal = config::refuse_login(*x.login, x.settings.forced_login_method,
                                      x.settings.forced_chatgpt_workspaces);
  if (!refusal)
    return std::nullopt;
  config::remove_login_locked(store_of(x.settings));
  return settings_problem{*std::move(refusal)};
}

config::load_request load_request_of(const fs::path& home, const config::environment& env,
                                     settings_request request) {
  request.typed.approval_policy = approval_policy::never; // nobody is there to ask
  return {.home = home,
          .cwd = std::move(request.cwd),
          .overrides = std::move(request.overrides),
          .typed = std::move(request.typed),
          .env = env,
          .client_version = std::string{program_version()}};
}

} // namespace

std::variant<config::config, settings_problem>
load_config(const fs::path& home, const config::environment& env, settings_request request) {
  auto loaded = config::load(load_request_of(home, env, std::move(request)));
  if (const auto* error = std::get_if<config::config_error>(&loaded))
    return to_problem(*error);
  return std::get<config::config>(std::move(loaded));
}

std::variant<loaded_settings, settings_problem> load_settings(settings_request request) {
  const auto login = request.login;
  loaded_settings out;
  out.environment = config::process_environment();
  auto home = open_home(out.environment);
  if (auto* problem = std::get_if<settings_problem>(&home))
    return std::move(*problem);
  auto otel =
    config::load_otel(load_request_of(std::get<fs::path>(home), out.environment, request));
  if (const auto* error = std::get_if<config::config_error>(&otel))
    return to_problem(*error);
  out.otel = std::get<std::optional<config::otel_settings>>(std::move(otel));
  auto ceiling =
    config::load_node_ceiling(load_request_of(std::get<fs::path>(home), out.environment, request));
  if (const auto* error = std::get_if<config::config_error>(&ceiling))
    return to_problem(*error);
  out.ceiling = std::get<config::node_ceiling>(std::move(ceiling));
  auto loaded = load_config(std::get<fs::path>(home), out.environment, std::move(request));
  if (auto* problem = std::get_if<settings_problem>(&loaded))
    return std::move(*problem);
  out.settings = std::get<config::config>(std::move(loaded));
  if (login == login_need::none)
    return out;
  if (auto problem = read_login(out))
    return *std::move(problem);
  if (auto problem = refuse_forbidden_login(out))
    return *std::move(problem);
  return out;
}

void show_warnings(const config::config& x) {
  output_channel errors{STDERR_FILENO};
  for (const auto& text : x.warnings)
    errors.write(fmt::format("warning: {}\n", text));
}

std::variant<config::config, settings_problem>
read_settings(std::span<const override_options> levels) {
  auto overrides = joined_overrides(levels);
  if (const auto* error = std::get_if<config::config_error>(&overrides))
    return to_problem(*error);
  const auto env = config::process_environment();
  const auto home = config::find_home(env);
  if (const auto* error = std::get_if<config::config_error>(&home))
    return to_problem(*error);
  std::error_code no_folder;
  const auto cwd = fs::current_path(no_folder);
  if (no_folder)
    return settings_problem{"Error: the current directory: " + no_folder.message()};
  auto loaded = config::load({.home = std::get<fs::path>(home),
                              .cwd = cwd,
                              .overrides = std::get<std::vector<std::string>>(overrides),
                              .typed = {},
                              .env = env,
                              .client_version = std::string{program_version()}});
  if (const auto* error = std::get_if<config::config_error>(&loaded))
    return to_problem(*error);
  return std::get<config::config>(std::move(loaded));
}

std::variant<fs::path, settings_problem> working_root(const std::optional<std::string>& given) {
  std::error_code error;
  auto root = given ? fs::canonical(*given, error) : fs::current_path(error);
  if (!error && !fs::is_directory(root, error) && !error)
    error = std::make_error_code(std::errc::not_a_directory);
  if (error)
    return settings_problem{
      fmt::format("Error: working folder {}: {}", given.value_or("."), error.message())};
  return root;
}

} // namespace troupe::common
