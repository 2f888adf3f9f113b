#include "actors/models_manager/model_answers.hpp"

#include "config/presets.hpp"
#include "messages/json/item_json.hpp"

#include <algorithm>
#include <utility>

namespace troupe::models_manager {

namespace {

/// Without those that only the program itself knows; the mark may have been on one of them.
void keep_named(model_list& list, const config::catalogue& models) {
  std::erase_if(list.models, [&models](const model_preset& x) {
    return config::find_model(models, x.model) == nullptr;
  });
  const bool is_marked = std::ranges::any_of(list.models, &model_preset::is_default);
  if (list.models.empty() || is_marked)
    return;
  const auto shown = std::ranges::find_if(list.models, &model_preset::show_in_picker);
  (shown == list.models.end() ? list.models.begin() : shown)->is_default = true;
}

model_facts describe(const model_knowledge& knowledge, const std::string& slug,
                     const model_overrides& overrides) {
  model_facts result;
  result.info =
    shared_value{config::describe_model(knowledge.models, slug, overrides, knowledge.features)};
  result.instructions = config::instructions_for(*result.info, overrides.personality);
  result.instructions_json = shared_text{json_quoted(result.instructions.view())};
  return result;
}

} // namespace

std::variant<model_knowledge, config::catalogue_error> read_knowledge(const config::config& from,
                                                                      config::login_kind login) {
  model_knowledge result;
  result.features = from.features;
  result.login = login;
  if (!from.model_catalog_json)
    return result;
  auto models = config::read_catalogue_file(*from.model_catalog_json);
  if (auto* error = std::get_if<config::catalogue_error>(&models))
    return std::move(*error);
  result.models = std::get<config::catalogue>(std::move(models));
  result.source = catalogue_source::file;
  return result;
}

model_list listed_models(const model_knowledge& x) {
  const bool uses_catalogue = x.features.enabled(config::feature::remote_models);
  model_list result;
  result.models = config::list_presets(uses_catalogue ? std::span<const model_info>{x.models}
                                                      : std::span<const model_info>{},
                                       x.login);
  if (uses_catalogue && x.source == catalogue_source::file)
    keep_named(result, x.models);
  return result;
}

std::string default_model(const model_list& x) {
  const auto marked = std::ranges::find_if(x.models, &model_preset::is_default);
  return marked == x.models.end() ? std::string{} : marked->model;
}

model_answers::model_answers(model_knowledge x)
  : knowledge_(std::move(x)), list_(listed_models(knowledge_)) {}

const model_facts& model_answers::facts(const get_model_info& question) {
  if (const auto* known = cache_.find(question))
    return *known;
  const auto slug = question.slug.empty() ? default_model(list_) : question.slug;
  return cache_.add(question, describe(knowledge_, slug, question.overrides));
}

} // namespace troupe::models_manager
