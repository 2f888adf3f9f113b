#pragma once

#include "actors/tool_runner/command_entry.hpp"

#include <string>
#include <vector>

/// What a command is about, in words a person reads at a glance. For display only: approximate by
/// nature. Contract tools.md 10.
namespace troupe::tool_runner {

/// At least one entry.
std::vector<command_summary> summarise(const argument_list& argv);

/// The entries as the `parsed_cmd` member of events.
std::string summaries_json(const std::vector<command_summary>& entries);

} // namespace troupe::tool_runner
