#pragma once

#include <caf/fwd.hpp>

namespace troupe {

/// First line of every actor's constructor. CAF's default handlers stop actors over messages they
/// do not know and print to standard output; after this call an unknown message, a stray error or a
/// stray down message is logged (types only: contents may be secret) and survived. An unknown
/// request is answered with `sec::unexpected_message`. An exception out of a handler still ends the
/// actor, with `errc::internal`.
void harden(caf::scheduled_actor* self);

} // namespace troupe
