#include "apps/models/models_command.hpp"

#include "apps/common/exit_codes.hpp"
#include "apps/common/output_channel.hpp"
#include "apps/common/process_limits.hpp"
#include "apps/common/settings.hpp"
#include "apps/models/model_listing.hpp"
#include "apps/models/models_desk.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp> // defines what App.hpp only declares
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <unistd.h>
#include <variant>

namespace troupe::models {

namespace {

constexpr auto description =
  "Show which models there are, what is known of one, and which one a session uses.";

constexpr auto list_description =
  R"(List the models that sessions can use, best first, the default one marked with *. They come with
the program, from the file that the setting model_catalog_json names, and from the provider.
A model that is not listed can be used by its name, too.

When the provider cannot be asked, what is known already is listed, and stderr says why.
Exit code: 0, 1 when the settings are wrong, 2 for a wrong command line.)";

constexpr auto show_description =
  R"(Show what a session knows of a model: its window, what it can do, which tools it gets.
The overrides of config.toml count. A name that is on no list is described by the models called
like it.)";

constexpr auto default_description =
  R"(Print the model that a session uses when its command line names none.
It is the configured one, else the first of the list.

Exit code: 0, 1 when there is none to choose, 2 for a wrong command line.)";

constexpr auto list_footer = R"(
Examples:
  troupe models list --all                       hidden ones, too
  troupe models list --refresh online            ask the provider now
  troupe models list --provider mine --json      of a provider of config.toml
)";

struct models_options {
  std::string slug;
  std::string provider;
  std::string refresh = "auto";
  bool json = false;
  bool all = false;
  common::override_options overrides;

  refresh_strategy strategy() const {
    if (refresh == "online")
      return refresh_strategy::online;
    return refresh == "offline" ? refresh_strategy::offline : refresh_strategy::online_if_uncached;
  }
};

using options_ptr = std::shared_ptr<models_options>;

int fail(std::string_view text) {
  common::output_channel{STDERR_FILENO}.write(fmt::format("{}\n", text));
  return common::exit_failed;
}

/// Opens a desk and lets `ask` do the rest.
template <class Ask>
int with_desk(const models_options& options, const common::override_options& root, Ask ask) {
  if (const auto problem = common::refuse_few_descriptors(common::node_descriptors))
    return fail("Error: " + *problem);
  const auto provider = options.provider.empty() ? std::nullopt : std::optional{options.provider};
  auto opened = models_desk::open(std::array{root, options.overrides}, provider);
  if (const auto* problem = std::get_if<common::settings_problem>(&opened))
    return fail(problem->message);
  return ask(*std::get<std::unique_ptr<models_desk>>(opened));
}

void tell_problem(const model_list& list) {
  if (!list.problem.empty())
    common::output_channel{STDERR_FILENO}.write(
      fmt::format("warning: the provider's list is not up to date: {}\n", list.problem));
}

int run_list(const models_options& options, models_desk& desk) {
  const auto answer = desk.ask<model_list>(list_models{.strategy = options.strategy()});
  if (const auto* error = std::get_if<std::string>(&answer))
    return fail("Error: " + *error);
  const auto& list = std::get<model_list>(answer);
  tell_problem(list);
  const auto which = options.all ? shown_models::all : shown_models::offered;
  return common::print(options.json ? model_json(list, which) : model_table(list, which));
}

int run_show(const models_options& options, models_desk& desk) {
  const auto listed = desk.ask<model_list>(list_models{.strategy = options.strategy()});
  if (const auto* error = std::get_if<std::string>(&listed))
    return fail("Error: " + *error);
  const auto& list = std::get<model_list>(listed);
  tell_problem(list);
  const auto answer = desk.ask<model_facts>(desk.question_about(options.slug));
  if (const auto* error = std::get_if<std::string>(&answer))
    return fail("Error: " + *error);
  const auto& info = *std::get<model_facts>(answer).info;
  const bool is_listed =
    std::ranges::find(list.models, options.slug, &model_preset::model) != list.models.end();
  return common::print(
    options.json ? model_info_json(info)
                 : model_text(info, is_listed ? model_origin::listed : model_origin::assumed));
}

int run_default(const models_options& options, models_desk& desk) {
  const auto answer = desk.ask<chosen_model>(
    get_default_model{.model = desk.configured_model(), .strategy = options.strategy()});
  if (const auto* error = std::get_if<std::string>(&answer))
    return fail("Error: " + *error);
  return common::print(std::get<chosen_model>(answer).slug + "\n");
}

void add_common_options(CLI::App& app, models_options& x) {
  app
    .add_option("--provider", x.provider,
                "A provider of config.toml, or openai, ollama or lmstudio (default: the "
                "configured one)")
    ->type_name("ID");
  app
    .add_option("--refresh", x.refresh,
                "online: ask the provider now. offline: do not. auto, the default: ask it when "
                "its last answer is more than 5 minutes old")
    ->type_name("WHEN")
    ->check(CLI::IsMember({"online", "offline", "auto"}).description(""));
  common::add_override_options(app, x.overrides);
}

using runner = int (*)(const models_options&, models_desk&);

/// A subcommand of `models`; its own options are still to come.
CLI::App& add_subcommand(CLI::App& models, CLI::App& root, const options_ptr& options,
                         std::function<int()>& selected, runner run) {
  add_common_options(models, *options);
  models.callback([options, run, &root, &selected] {
    selected = [options, run, root = common::given_overrides(root)] {
      return with_desk(*options, root, [&](models_desk& desk) { return run(*options, desk); });
    };
  });
  return models;
}

} // namespace

void add_command(CLI::App& app, std::function<int()>& selected) {
  const auto options = std::make_shared<models_options>();
  auto* models = app.add_subcommand("models", description);
  models->require_subcommand(1);
  auto& list = add_subcommand(*models->add_subcommand("list", list_description), app, options,
                              selected, run_list);
  list.add_flag("--json", options->json, "Print one JSON object instead of a table");
  list.add_flag("--all", options->all, "Show hidden models, too");
  list.footer(list_footer);
  auto& show = add_subcommand(*models->add_subcommand("show", show_description), app, options,
                              selected, run_show);
  show.add_option("SLUG", options->slug, "The model's name, as -m takes it")->required();
  show.add_flag("--json", options->json, "Print one JSON object, with the instructions");
  add_subcommand(*models->add_subcommand("default", default_description), app, options, selected,
                 run_default);
}

} // namespace troupe::models
