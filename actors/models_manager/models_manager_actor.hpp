#pragma once

#include "actors/models_manager/model_answers.hpp"
#include "messages/interfaces.hpp"

/// The actor that knows the models.
///
/// Owner: the node's root. Anyone may ask it; every question is answered at once from what it was
/// given, by the bundled catalogue or a file. Bound: the answers kept for sharing,
/// `facts_cache::default_max_entries`. Ends: on an exit message.
namespace troupe::models_manager {

models_manager_actor spawn(caf::actor_system& sys, model_knowledge knowledge);

} // namespace troupe::models_manager
