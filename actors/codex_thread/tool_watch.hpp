#pragma once

#include "messages/tool.hpp"

#include <cstdint>
#include <functional>

namespace troupe::codex_thread {

enum class tool_outcome : std::uint8_t { succeeded, failed };

/// Told how a tool call has ended. Not called when the thread ends before.
using tool_end = std::function<void(tool_outcome)>;

/// Watches the tool calls of a thread: called when one is handed to its tool. Must be quick, must
/// not block or throw; any thread. Empty: nobody watches.
using tool_watch = std::function<tool_end(const run_tool&)>;

} // namespace troupe::codex_thread
