#pragma once

#include "actors/tool_runner/child_end.hpp"
#include "actors/tool_runner/exec_format.hpp"
#include "actors/tool_runner/output_buffers.hpp"
#include "actors/tool_runner/output_deltas.hpp"
#include "messages/event.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::tool_runner {

/// The output of a command that runs to its end: retained from its start, shown live. Contract
/// tools.md 3.3.
class captured_output {
public:
  explicit captured_output(std::string call_id) : call_id_(std::move(call_id)) {}

  /// Retains `bytes`; the event that shows them live, unless the live budget is spent.
  std::optional<exec_output_delta> add(output_stream stream, std::string_view bytes,
                                       delta_budget::clock::time_point now);

  /// What the command has become. A signal counts as exit code 128 plus its number, as in a shell.
  exec_outcome outcome(const child_end& end) const;

private:
  struct stream_state {
    first_bytes_buffer retained;
    delta_budget budget;
  };

  std::string call_id_;
  std::array<stream_state, 2> streams_; ///< by output_stream
};

} // namespace troupe::tool_runner
