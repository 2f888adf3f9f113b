#include "actors/models_manager/models_manager_actor.hpp"

#include "actors/common/harden.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <utility>

namespace troupe::models_manager {

namespace {

class state {
public:
  state(models_manager_actor::pointer self, model_knowledge knowledge)
    : answers_(std::move(knowledge)) {
    harden(self);
  }

  models_manager_actor::behavior_type make_behavior() {
    return {
      [this](const get_model_info& x) -> caf::result<model_facts> { return answers_.facts(x); },
      [this](const list_models&) -> caf::result<model_list> { return answers_.list(); },
      [](const list_picker_models&) -> caf::result<model_list> { return unfinished(); },
      [](const list_model_switcher_models&) -> caf::result<model_list> { return unfinished(); },
      [this](const try_list_models&) -> caf::result<model_list> { return answers_.list(); },
      [](const try_list_picker_models&) -> caf::result<model_list> { return unfinished(); },
      [](const try_list_model_switcher_models&) -> caf::result<model_list> { return unfinished(); },
      [](const try_is_official_openai_model&) -> caf::result<bool> { return unfinished(); },
      [this](const get_default_model& x) -> caf::result<chosen_model> {
        return chosen_model{x.model.value_or(default_model(answers_.list()))};
      },
      [](const switch_provider&) -> caf::result<void> { return unfinished(); },
      [](const list_identities&) -> caf::result<identity_list> { return unfinished(); },
      [](const list_collaboration_modes&) -> caf::result<collaboration_mode_list> {
        return unfinished();
      },
      [](const refresh_if_new_etag&) -> caf::result<void> { return caf::unit; },
      [](const login_changed&) -> caf::result<void> { return caf::unit; },
      [](const model_sources&) -> caf::result<void> { return caf::unit; },
    };
  }

  static inline const char* name = "models-manager";

private:
  static caf::error unfinished() {
    return caf::make_error(errc::invalid_request, "the models manager cannot do that yet");
  }

  model_answers answers_;
};

} // namespace

models_manager_actor spawn(caf::actor_system& sys, model_knowledge knowledge) {
  return sys.spawn<caf::stateful_actor<state, models_manager_actor::impl>>(std::move(knowledge));
}

} // namespace troupe::models_manager
