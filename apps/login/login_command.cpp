#include "apps/login/login_command.hpp"

#include "apps/common/exit_codes.hpp"
#include "apps/common/output_channel.hpp"
#include "apps/common/override_options.hpp"
#include "apps/common/settings.hpp"
#include "apps/common/standard_streams.hpp"
#include "apps/login/login_actions.hpp"
#include "config/home.hpp"

#include <CLI/App.hpp>
#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <unistd.h>
#include <variant>
#include <vector>

namespace troupe::login_app {

namespace {

constexpr auto login_description =
  "Store a login, or show which one there is. It goes to auth.json in the state directory, which "
  "only its owner may read, and Codex understands it, too.";

constexpr auto login_footer = R"(
  printenv OPENAI_API_KEY | troupe login --with-api-key
  troupe login status
  troupe logout

Without a stored login: `troupe exec` and `troupe run` take a key from CODEX_API_KEY, and a provider
of your own from the variable that its `env_key` names. A ChatGPT login made by Codex is used as it
is; its tokens are renewed when they are old or refused.
)";

constexpr auto status_description =
  "Tell who is logged in, on standard error: exit code 0, or 1 when nobody is. Of an API key only "
  "the ends are shown.";

constexpr auto logout_description = "Remove the stored login. That there was none is no failure.";

enum class command : std::uint8_t { log_in, status, log_out };

struct login_options {
  bool with_api_key = false;
  bool device_auth = false;
  common::override_options overrides;        // of `login` or `logout`
  common::override_options status_overrides; // of `login status`
};

report log_in(const config::config& settings) {
  if (::isatty(STDIN_FILENO) == 1)
    return refuse_terminal();
  const auto input = common::read_to_end(STDIN_FILENO, max_key_bytes);
  if (const auto* error = std::get_if<std::error_code>(&input))
    return {"Error: the key cannot be read from standard input: " + error->message(),
            common::exit_failed};
  return store_key(settings, std::get<std::string>(input));
}

report run_with(const config::config& settings, command what) {
  switch (what) {
  case command::log_in: return log_in(settings);
  case command::status: return show_status(settings);
  case command::log_out: return log_out(settings);
  }
  return {}; // unreachable; keeps GCC content
}

/// Whoever cannot read the settings must still be able to log out. None: the home is not known, or
/// settings were given.
std::optional<config::config> bare_settings(const login_options& options,
                                            const common::override_options& root) {
  for (const auto* x : {&root, &options.overrides})
    if (!x->settings.empty() || !x->enabled.empty() || !x->disabled.empty())
      return std::nullopt;
  auto home = config::find_home(config::process_environment());
  if (std::holds_alternative<config::config_error>(home))
    return std::nullopt;
  config::config result;
  result.home = std::get<std::filesystem::path>(std::move(home));
  return result;
}

report run_command(command what, const login_options& options,
                   const common::override_options& root) {
  if (what == command::log_in && (!options.with_api_key || options.device_auth))
    return refuse_browser();
  const auto settings =
    common::read_settings(std::array{root, options.overrides, options.status_overrides});
  if (const auto* problem = std::get_if<common::settings_problem>(&settings)) {
    const auto bare = what == command::log_out ? bare_settings(options, root) : std::nullopt;
    if (!bare)
      return {problem->message, common::exit_failed};
    auto result = run_with(*bare, what);
    result.text = fmt::format("{}\n{}", problem->message, result.text);
    return result;
  }
  return run_with(std::get<config::config>(settings), what);
}

std::function<int()> runner(command what, std::shared_ptr<const login_options> options,
                            common::override_options root) {
  return [what, options = std::move(options), root = std::move(root)] {
    const auto result = run_command(what, *options, root);
    common::output_channel out{STDERR_FILENO};
    out.write(result.text + '\n');
    return out.error() ? common::exit_failed : result.exit_code;
  };
}

void add_login(CLI::App& app, std::function<int()>& selected) {
  const auto options = std::make_shared<login_options>();
  auto* login = app.add_subcommand("login", login_description);
  login->footer(login_footer);
  login->require_subcommand(0, 1);
  login->add_flag("--with-api-key", options->with_api_key,
                  "Read an API key from standard input and store it");
  login->add_flag("--device-auth", options->device_auth)
    ->group(""); // Codex has it: see the refusal
  common::add_override_options(*login, options->overrides);
  auto* status = login->add_subcommand("status", status_description);
  common::add_override_options(*status, options->status_overrides);
  // One callback for both: that of `login` runs after its subcommand's, too.
  login->callback([options, status, &app, &selected] {
    selected = runner(status->parsed() ? command::status : command::log_in, options,
                      common::given_overrides(app));
  });
}

void add_logout(CLI::App& app, std::function<int()>& selected) {
  const auto options = std::make_shared<login_options>();
  auto* logout = app.add_subcommand("logout", logout_description);
  common::add_override_options(*logout, options->overrides);
  logout->callback([options, &app, &selected] {
    selected = runner(command::log_out, options, common::given_overrides(app));
  });
}

} // namespace

void add_commands(CLI::App& app, std::function<int()>& selected) {
  add_login(app, selected);
  add_logout(app, selected);
}

} // namespace troupe::login_app
