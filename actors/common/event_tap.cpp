#include "actors/common/event_tap.hpp"

#include "actors/common/harden.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/group.hpp>
#include <caf/send.hpp>

namespace troupe {

caf::behavior event_tap(caf::event_based_actor* self, const caf::group& events,
                        const thread_events_actor& target) {
  harden(self);
  self->join(events);
  self->link_to(target);
  // Without this handler a normal end of the target would leave the tap and its membership behind.
  self->set_exit_handler([self](caf::exit_msg& x) { self->quit(std::move(x.reason)); });
  return {
    [target](const thread_created& x) { caf::anon_send(target, x); },
    [target](const thread_closed& x) { caf::anon_send(target, x); },
  };
}

} // namespace troupe
