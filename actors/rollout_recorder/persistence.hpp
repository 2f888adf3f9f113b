#pragma once

#include "messages/rollout.hpp"

#include <string_view>

/// What belongs into a rollout (contract rollouts.md 5) and what is known in one.
namespace troupe::rollout_recorder {

/// Names of all event messages, aliases included (contract threads.md 19). A line with another one
/// is not a valid line (contract rollouts.md 7.2).
bool is_known_event(std::string_view type);

/// Whether the line may be written: every session_meta, turn_context and compacted line, items of
/// known type, and the events that a resumed thread needs.
bool is_persisted(const rollout_line& line);

} // namespace troupe::rollout_recorder
