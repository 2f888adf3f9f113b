#pragma once

#include "messages/errors.hpp"
#include "messages/model_calls.hpp"

#include <cstddef>
#include <string_view>
#include <variant>

/// The answers of calls that come in one piece (contract responses-client.md 11.3, 12).
namespace troupe::model_client {

/// `{"output":[item, ...]}`; any other shape, or an unparsable item, is a stream error.
compacted_history read_compacted_history(std::string_view body);

/// `{"output":[{"trace_summary","memory_summary"}, ...]}`, one entry per trace; another number of
/// entries is an invalid request, another shape a stream error.
trace_summaries read_trace_summaries(std::string_view body, std::size_t traces);

} // namespace troupe::model_client
