#pragma once

#include "actors/models_manager/facts_cache.hpp"
#include "config/catalogue.hpp"
#include "config/config.hpp"
#include "config/environment.hpp"
#include "config/picker.hpp"
#include "messages/models.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace troupe::models_manager {

/// Where a catalogue comes from. A file replaces everything that the program knows by itself, the
/// built-in presets too, and is never brought up to date.
enum class catalogue_source : std::uint8_t { bundled, file };

/// What the current provider adds to a list.
struct provider_traits {
  std::string id{config::default_provider_id};
  bool is_simulated = false;       ///< nothing is asked for or kept
  bool lists_models = true;        ///< false: nothing is listed, nothing is asked for
  bool uses_login = true;          ///< OpenAI's login counts there
  bool has_own_credential = false; ///< a key of its own is at hand
  bool operator==(const provider_traits&) const = default;
};

provider_traits traits_of(std::string_view id, const config::provider& x,
                          const config::environment& env);

struct model_knowledge {
  config::catalogue models = config::bundled_catalogue();
  catalogue_source source = catalogue_source::bundled;
  config::feature_set features;
  config::login_kind login = config::login_kind::none;
  provider_traits provider;
  config::configured_models configured;
};

/// What a session of that configuration and login knows. Reads the file that `model_catalog_json`
/// names, if any; the error says what is wrong with it.
std::variant<model_knowledge, config::catalogue_error>
read_knowledge(const config::config& from, config::login_kind login,
               const config::environment& env = config::process_environment());

/// As if nobody had been asked yet: bundled models, none for a provider without a list. A file
/// stays what it is.
void forget_models(model_knowledge& x);

/// Bundled models with those of the provider over them (contract models-manager.md 9.1).
config::catalogue with_fetched(const config::catalogue& fetched);

/// Whether the provider's list is to be read at all, from cache or network: not with the feature
/// off, with a catalogue file, for a provider without a list, nor with an API key where that is a
/// login (contract models-manager.md 8).
bool may_refresh(const model_knowledge& x, catalogue_use use = catalogue_use::configured);

/// What a picker may show, hidden models included, best first, one of them marked default (contract
/// models-manager.md 9.2).
model_list listed_models(const model_knowledge& x, catalogue_use use = catalogue_use::configured);

/// The default model's slug (contract models-manager.md 9.3); empty when there is no model.
std::string default_model(const model_list& x);

/// Questions of the models manager and their answers. Nothing here asks the network.
class model_answers {
public:
  explicit model_answers(model_knowledge x);

  /// Metadata, instructions and their JSON form; equal questions share one answer.
  const model_facts& facts(const get_model_info& question);

  const model_list& all() const { return list_; }
  model_list list(catalogue_use use) const;
  model_list picker() const;
  model_list switcher() const;
  bool is_official(const try_is_official_openai_model& x) const;

  /// Nobody names that model, and its slug says nothing either.
  bool is_guess(std::string_view slug) const;

  const model_knowledge& knowledge() const { return knowledge_; }

  /// From now on that is known. Answers given before stay what they are.
  template <class Change>
  void change(Change change) {
    change(knowledge_);
    update();
  }

private:
  void update();
  model_facts describe(const std::string& slug, const model_overrides& overrides) const;
  config::picker_sources sources() const;

  model_knowledge knowledge_;
  model_list list_;
  facts_cache cache_;
};

} // namespace troupe::models_manager
