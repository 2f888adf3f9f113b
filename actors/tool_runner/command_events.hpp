#pragma once

#include "actors/tool_runner/exec_format.hpp"
#include "messages/event.hpp"
#include "messages/model_info.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Events of commands. Contract threads.md 19.3.
namespace troupe::tool_runner {

exec_command_begin begin_event(std::string call_id, std::vector<std::string> argv, std::string cwd,
                               exec_source source);

/// Of a command that ran.
exec_command_end end_event(exec_command_begin begin, const exec_outcome& outcome,
                           const truncation_policy& policy);

/// Of a command that was not run, or not to an end that counts: `text` tells why.
exec_command_end failure_event(exec_command_begin begin, std::string text);

} // namespace troupe::tool_runner
