#pragma once

#include <caf/actor.hpp>
#include <caf/fwd.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

/// Finds out when actors have come to the end of what was sent to them so far. CAF's mailboxes tell
/// nobody how full they are, but it answers questions about an actor in their turn.
///
/// Owner: nobody; ends with its answer, after the limit at the latest. Sends the actors a request
/// that CAF itself answers; an actor that has ended counts as one that has taken all.
namespace troupe::event_relay {

/// CAF ends a link after 7 s without a beat, which would not say why.
inline constexpr std::chrono::milliseconds fence_limit{5000};

/// Calls `done` once the actors of these numbers have, and after them those to whom they pass on
/// what they get; with false when one does not within `limit`. From any thread, `done` as well.
void settle(caf::actor_system& sys, const std::vector<std::uint64_t>& actors,
            std::vector<caf::actor> behind, std::chrono::milliseconds limit,
            std::function<void(bool)> done);

} // namespace troupe::event_relay
