#include "apps/models/models_command.hpp"

#include "actors/models_manager/model_answers.hpp"
#include "apps/common/exit_codes.hpp"
#include "apps/common/output_channel.hpp"
#include "apps/common/override_options.hpp"
#include "apps/common/settings.hpp"
#include "apps/models/model_listing.hpp"

#include <CLI/App.hpp>
#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <unistd.h>
#include <variant>

namespace troupe::models {

namespace {

constexpr auto description = "Show which models there are.";

constexpr auto list_description =
  "List the models that sessions can use, best first, the default one marked with *. They come "
  "with the program or from the file that the setting model_catalog_json names; the provider is "
  "not asked. A model that is not listed can be used by its name, too.";

struct list_options {
  bool json = false;
  bool all = false;
  common::override_options overrides;
};

/// What the login allows to see; one that cannot be read allows what no login does.
config::login_kind stored_login(const config::config& settings) {
  const auto login =
    config::load_login({settings.home, settings.credentials_store}, config::process_environment(),
                       config::key_from_environment::allowed);
  const auto* known = std::get_if<std::optional<config::login>>(&login);
  return known ? config::kind_of(*known) : config::login_kind::none;
}

int fail(std::string_view text) {
  common::output_channel{STDERR_FILENO}.write(fmt::format("{}\n", text));
  return common::exit_failed;
}

int run_list(const list_options& options, const common::override_options& root) {
  common::ignore_broken_pipes();
  const auto settings = common::read_settings(std::array{root, options.overrides});
  if (const auto* problem = std::get_if<common::settings_problem>(&settings))
    return fail(problem->message);
  const auto& known = std::get<config::config>(settings);
  const auto knowledge = models_manager::read_knowledge(known, stored_login(known));
  if (const auto* error = std::get_if<config::catalogue_error>(&knowledge))
    return fail("Error: " + error->message);
  const auto list =
    models_manager::listed_models(std::get<models_manager::model_knowledge>(knowledge));
  const auto which = options.all ? shown_models::all : shown_models::offered;
  common::output_channel{STDOUT_FILENO}.write(options.json ? model_json(list, which)
                                                           : model_table(list, which));
  return common::exit_ok;
}

} // namespace

void add_command(CLI::App& app, std::function<int()>& selected) {
  const auto options = std::make_shared<list_options>();
  auto* models = app.add_subcommand("models", description);
  models->require_subcommand(1);
  auto* list = models->add_subcommand("list", list_description);
  list->add_flag("--json", options->json, "Print one JSON object instead of a table");
  list->add_flag("--all", options->all, "Show hidden models, too");
  common::add_override_options(*list, options->overrides);
  list->callback([options, &app, &selected] {
    selected = [options, root = common::given_overrides(app)] { return run_list(*options, root); };
  });
}

} // namespace troupe::models
