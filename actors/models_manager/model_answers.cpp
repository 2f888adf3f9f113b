#include "actors/models_manager/model_answers.hpp"

#include "config/presets.hpp"
#include "messages/json/item_json.hpp"

#include <algorithm>
#include <span>
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

bool uses_catalogue(const model_knowledge& x, catalogue_use use) {
  return use == catalogue_use::always || x.features.enabled(config::feature::remote_models);
}

} // namespace

provider_traits traits_of(std::string_view id, const config::provider& x,
                          const config::environment& env) {
  const bool has_key = x.env_key && config::non_blank(env, *x.env_key).has_value();
  return {.id = std::string{id},
          .is_simulated = x.is_simulated,
          .lists_models = x.lists_models,
          .uses_login = x.requires_openai_auth,
          .has_own_credential = has_key || x.experimental_bearer_token.has_value()};
}

std::variant<model_knowledge, config::catalogue_error>
read_knowledge(const config::config& from, config::login_kind login,
               const config::environment& env) {
  model_knowledge result;
  result.features = from.features;
  result.login = login;
  result.provider = traits_of(from.model_provider_id, from.model_provider, env);
  result.configured = config::configured_models_of(from);
  forget_models(result);
  if (!from.model_catalog_json)
    return result;
  auto models = config::read_catalogue_file(*from.model_catalog_json);
  if (auto* error = std::get_if<config::catalogue_error>(&models))
    return std::move(*error);
  result.models = std::get<config::catalogue>(std::move(models));
  result.source = catalogue_source::file;
  return result;
}

void forget_models(model_knowledge& x) {
  if (x.source == catalogue_source::bundled)
    x.models = x.provider.lists_models ? config::bundled_catalogue() : config::catalogue{};
}

config::catalogue with_fetched(const config::catalogue& fetched) {
  return config::merge_catalogues(config::bundled_catalogue(), fetched);
}

bool may_refresh(const model_knowledge& x, catalogue_use use) {
  const bool is_key_login = x.login == config::login_kind::api_key && x.provider.uses_login;
  return x.source == catalogue_source::bundled && x.provider.lists_models &&
         !x.provider.is_simulated && uses_catalogue(x, use) && !is_key_login;
}

model_list listed_models(const model_knowledge& x, catalogue_use use) {
  model_list result;
  if (!x.provider.lists_models && x.source == catalogue_source::bundled)
    return result;
  const bool is_used = uses_catalogue(x, use);
  result.models = config::list_presets(is_used ? std::span<const model_info>{x.models}
                                               : std::span<const model_info>{},
                                       x.login, x.provider.id);
  if (is_used && x.source == catalogue_source::file)
    keep_named(result, x.models);
  return result;
}

std::string default_model(const model_list& x) {
  return config::default_model(x.models);
}

model_answers::model_answers(model_knowledge x) : knowledge_(std::move(x)) {
  update();
}

void model_answers::update() {
  list_ = listed_models(knowledge_);
  cache_ = facts_cache{};
}

const model_facts& model_answers::facts(const get_model_info& question) {
  if (const auto* known = cache_.find(question))
    return *known;
  const auto slug = question.slug.empty() ? default_model(list_) : question.slug;
  return cache_.add(question, describe(slug, question.overrides));
}

model_facts model_answers::describe(const std::string& slug,
                                    const model_overrides& overrides) const {
  model_facts result;
  result.info =
    shared_value{config::describe_model(knowledge_.models, slug, overrides, knowledge_.features)};
  result.instructions = config::instructions_for(*result.info, overrides.personality);
  result.instructions_json = shared_text{json_quoted(result.instructions.view())};
  return result;
}

config::picker_sources model_answers::sources() const {
  return {.available = list_.models,
          .configured = knowledge_.configured,
          .describe = [this](std::string_view slug) {
            return config::describe_model(knowledge_.models, slug, {}, knowledge_.features);
          }};
}

model_list model_answers::list(catalogue_use use) const {
  return use == catalogue_use::configured ? list_ : listed_models(knowledge_, use);
}

model_list model_answers::picker() const {
  const bool can_send =
    knowledge_.login != config::login_kind::none || knowledge_.provider.has_own_credential;
  return {.models = config::picker_models(sources(), can_send ? config::credentials::present
                                                              : config::credentials::none),
          .problem = {}};
}

model_list model_answers::switcher() const {
  const bool has_chatgpt = knowledge_.login == config::login_kind::chatgpt;
  return {.models = config::switcher_models(sources(), has_chatgpt
                                                         ? config::switcher_scope::after_the_picker
                                                         : config::switcher_scope::configured_only),
          .problem = {}};
}

bool model_answers::is_guess(std::string_view slug) const {
  return config::is_unknown_model(slug) && config::find_model(knowledge_.models, slug) == nullptr;
}

bool model_answers::is_official(const try_is_official_openai_model& x) const {
  return config::is_official_openai_model(list_.models, x.model, x.provider);
}

} // namespace troupe::models_manager
