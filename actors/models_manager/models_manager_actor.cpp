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
    };
  }

  static inline const char* name = "models-manager";

private:
  model_answers answers_;
};

} // namespace

models_manager_actor spawn(caf::actor_system& sys, model_knowledge knowledge) {
  return sys.spawn<caf::stateful_actor<state, models_manager_actor::impl>>(std::move(knowledge));
}

} // namespace troupe::models_manager
