#pragma once

#include "actors/models_manager/facts_cache.hpp"
#include "config/catalogue.hpp"
#include "config/features.hpp"
#include "config/providers.hpp"
#include "messages/models.hpp"

#include <cstdint>
#include <string>
#include <variant>

namespace troupe::models_manager {

/// Where a catalogue comes from. A file replaces everything that the program knows by itself, the
/// built-in presets too.
enum class catalogue_source : std::uint8_t { bundled, file };

struct model_knowledge {
  config::catalogue models = config::bundled_catalogue();
  catalogue_source source = catalogue_source::bundled;
  config::feature_set features;
  config::login_kind login = config::login_kind::none;
};

/// What a session of that configuration and login knows. Reads the file that `model_catalog_json`
/// names, if any; the error says what is wrong with it.
std::variant<model_knowledge, config::catalogue_error> read_knowledge(const config::config& from,
                                                                      config::login_kind login);

/// What a picker may show, hidden models included, best first, one of them marked default (contract
/// models-manager.md 9.2).
model_list listed_models(const model_knowledge& x);

/// The default model's slug (contract models-manager.md 9.3); empty when there is no model.
std::string default_model(const model_list& x);

/// Questions of the models manager and their answers. Nothing here asks the network.
class model_answers {
public:
  explicit model_answers(model_knowledge x);

  /// Metadata, instructions and their JSON form; equal questions share one answer.
  const model_facts& facts(const get_model_info& question);

  const model_list& list() const { return list_; }

private:
  model_knowledge knowledge_;
  model_list list_;
  facts_cache cache_;
};

} // namespace troupe::models_manager
