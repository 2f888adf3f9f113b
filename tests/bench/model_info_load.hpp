#pragma once

#include "messages/interfaces.hpp"

#include <string>

namespace troupe::bench {

/// Questions about `model` that `models` answers in a second, with many asked at once: what threads
/// ask at each turn.
double model_infos_per_second(caf::actor_system& sys, const models_manager_actor& models,
                              const std::string& model);

} // namespace troupe::bench
