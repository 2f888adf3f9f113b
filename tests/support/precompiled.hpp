// Precompiled for every test program: CAF's test macros and the interfaces of the actors take
// longer to read than most tests to compile. The macros look at CAF_SUITE where they are used, so
// each file still defines its own.
#include <caf/test/bdd_dsl.hpp>
#undef CAF_SUITE

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "messages/interfaces.hpp"
