#include "apps/models/models_desk.hpp"

#include "actors/common/actor_error.hpp"
#include "actors/node_root/thread_settings.hpp"
#include "apps/common/version.hpp"
#include "config/catalogue.hpp"

#include <utility>
#include <vector>

namespace troupe::models {

namespace {

node_root::node_options options_of(common::loaded_settings from) {
  node_root::register_types();
  node_root::node_options result;
  result.settings = std::move(from.settings);
  result.environment = std::move(from.environment);
  result.login = std::move(from.login);
  result.client_version = common::program_version();
  return result;
}

/// A session goes on without a catalogue that it cannot read; who asks about models wants to know.
std::optional<common::settings_problem> catalogue_problem(const config::config& settings) {
  if (!settings.model_catalog_json)
    return std::nullopt;
  const auto read = config::read_catalogue_file(*settings.model_catalog_json);
  const auto* error = std::get_if<config::catalogue_error>(&read);
  return error ? std::optional{common::settings_problem{"Error: " + error->message}} : std::nullopt;
}

} // namespace

std::variant<std::unique_ptr<models_desk>, common::settings_problem>
models_desk::open(std::span<const common::override_options> levels,
                  std::optional<std::string> provider) {
  auto overrides = common::joined_overrides(levels);
  if (const auto* error = std::get_if<config::config_error>(&overrides))
    return common::settings_problem{to_string(*error)};
  auto cwd = common::working_root(std::nullopt);
  if (auto* problem = std::get_if<common::settings_problem>(&cwd))
    return std::move(*problem);
  common::settings_request request{.cwd = std::get<std::filesystem::path>(std::move(cwd)),
                                   .overrides =
                                     std::get<std::vector<std::string>>(std::move(overrides)),
                                   .typed = {}};
  request.typed.model_provider = std::move(provider);
  auto loaded = common::load_settings(std::move(request));
  if (auto* problem = std::get_if<common::settings_problem>(&loaded))
    return std::move(*problem);
  auto& known = std::get<common::loaded_settings>(loaded);
  if (auto problem = catalogue_problem(known.settings))
    return *std::move(problem);
  return std::unique_ptr<models_desk>{new models_desk{std::move(known)}};
}

models_desk::models_desk(common::loaded_settings from) : node_(options_of(std::move(from))) {}

get_model_info models_desk::question_about(const std::string& slug) const {
  get_model_info result{.slug = slug, .overrides = config::overrides_of(node_settings())};
  result.overrides.keeps_messages = node_settings().features.enabled(config::feature::personality);
  return result;
}

std::string models_desk::common_text(const caf::error& x) {
  return error_text(x);
}

} // namespace troupe::models
