#pragma once

#include "messages/event.hpp"
#include "messages/rollout.hpp"

#include <optional>
#include <string>
#include <vector>

/// How a model's items show in events and rollouts (contract threads.md 11.4, 19.2). Pure.
namespace troupe::codex_thread {

/// The turn item of an assistant message, a reasoning item or a web search; none for all others.
std::optional<turn_item> to_turn_item(const response_item& item);

/// The legacy event lines that stand before `item` in a rollout.
std::vector<rollout_line> legacy_lines(const turn_item& item);

/// The error info of a failed model call in an `error` event.
turn_error to_turn_error(const model_error& x);

} // namespace troupe::codex_thread
