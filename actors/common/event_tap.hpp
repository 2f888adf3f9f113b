#pragma once

#include <caf/fwd.hpp>
#include <caf/result.hpp>
#include <caf/typed_actor.hpp>

#include "messages/type_ids.hpp"

namespace troupe {

/// What a subscriber of thread events handles; its interface may hold more.
using thread_events_actor =
  caf::typed_actor<caf::result<void>(thread_created), caf::result<void>(thread_closed)>;

/// Joins `events` for a typed actor, which cannot join a group itself, and hands on what is
/// published there. Spawn it with `spawn(event_tap, group, handle)`, from the subscriber or from
/// whoever starts it. Ends when `target` ends, also when that ends normally; until then it keeps it
/// alive.
///
/// Who joins sees only what is published from then on: join first, then ask the thread manager for
/// its list, then merge by id.
caf::behavior event_tap(caf::event_based_actor* self, const caf::group& events,
                        const thread_events_actor& target);

} // namespace troupe
