#pragma once

#include "messages/event.hpp"
#include "messages/rollout.hpp"

#include <cstdint>
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

/// What a stream counts as that ends without an error before the response is complete.
model_error closed_early();

/// The status that goes with the error in events: not every kind carries one (contract
/// responses-client.md 8.2).
std::optional<std::uint16_t> told_http_status(const model_error& x);

} // namespace troupe::codex_thread
