#pragma once

#include "apps/sim/event_writer.hpp"
#include "apps/sim/request_view.hpp"
#include "apps/sim/scenario.hpp"

#include <span>

namespace troupe::sim {

/// Writes what a rule replies, in the forms that the request's tools ask for.
void write_reply(std::span<const reply_item> reply, const template_values& values,
                 event_writer& out);

/// Whether the reply is the same for every request.
bool is_constant(std::span<const reply_item> reply);

} // namespace troupe::sim
