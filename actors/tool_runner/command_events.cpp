#include "actors/tool_runner/command_events.hpp"

#include "actors/tool_runner/command_summary.hpp"
#include "actors/tool_runner/output_truncation.hpp"

#include <utility>

namespace troupe::tool_runner {

exec_command_begin begin_event(std::string call_id, std::vector<std::string> argv, std::string cwd,
                               exec_source source) {
  shared_text parsed{summaries_json(summarise(argv))};
  return {.call_id = std::move(call_id),
          .process_id = {},
          .command = std::move(argv),
          .cwd = std::move(cwd),
          .parsed_cmd_json = std::move(parsed),
          .source = source};
}

exec_command_end end_event(exec_command_begin begin, const exec_outcome& outcome,
                           const truncation_policy& policy) {
  return {.begin = std::move(begin),
          .standard_output = outcome.standard_output,
          .standard_error = outcome.standard_error,
          .aggregated_output = outcome.aggregated_output,
          .exit_code = outcome.exit_code,
          .duration = outcome.duration,
          .formatted_output = formatted_truncation(shown_output(outcome), policy)};
}

exec_command_end failure_event(exec_command_begin begin, std::string text) {
  return {.begin = std::move(begin),
          .standard_output = {},
          .standard_error = text,
          .aggregated_output = text,
          .exit_code = -1,
          .duration = {},
          .formatted_output = std::move(text)};
}

} // namespace troupe::tool_runner
