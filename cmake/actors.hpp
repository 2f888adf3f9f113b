// Precompiled for code that names CAF.
#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "cmake/plain.hpp"
#include "messages/interfaces.hpp"
