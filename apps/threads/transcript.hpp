#pragma once

#include "messages/rollout.hpp"

#include <cstdint>
#include <string>

/// A stored thread as a conversation to read.
namespace troupe::threads {

enum class tool_output : std::uint8_t { shortened, whole };

/// Longer tool outputs are cut in `tool_output::shortened`.
inline constexpr std::size_t shown_output_lines = 20;

/// The facts of the thread and what was said and done, in order: user and assistant messages,
/// reasoning summaries, tool calls with their outputs, compactions, interrupts, and at the end the
/// tokens used. Instructions and other context for the model are left out.
std::string transcript(const rollout_history& history, tool_output outputs);

/// The lines of the thread: `{"type","payload"}` each.
std::string json_lines(const rollout_history& history);

} // namespace troupe::threads
