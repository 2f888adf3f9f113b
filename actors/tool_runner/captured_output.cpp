#include "actors/tool_runner/captured_output.hpp"

namespace troupe::tool_runner {

std::optional<exec_output_delta> captured_output::add(output_stream stream, std::string_view bytes,
                                                      delta_budget::clock::time_point now) {
  auto& to = streams_[static_cast<std::size_t>(stream)];
  to.retained.append(bytes);
  if (!to.budget.admit(bytes.size(), now))
    return std::nullopt;
  return exec_output_delta{.call_id = call_id_, .stream = stream, .chunk = std::string{bytes}};
}

exec_outcome captured_output::outcome(const child_end& end) const {
  const auto retained = [this](output_stream stream, bool is_held_open) -> std::string_view {
    if (is_held_open)
      return {};
    return streams_[static_cast<std::size_t>(stream)].retained.bytes();
  };
  const auto output = retained(output_stream::standard_output, end.output_held_open);
  const auto errors = retained(output_stream::standard_error, end.errors_held_open);
  exec_outcome result;
  result.duration = end.duration;
  result.standard_output = decoded_output(output);
  result.standard_error = decoded_output(errors);
  result.aggregated_output = decoded_output(aggregated_output(output, errors));
  switch (end.how) {
  case child_end::kind::exited: result.exit_code = end.number; break;
  case child_end::kind::signalled: result.exit_code = 128 + end.number; break;
  case child_end::kind::timed_out:
    result.exit_code = timed_out_exit_code;
    result.end = exec_end::timed_out;
    break;
  case child_end::kind::not_started: result.exit_code = -1; break;
  }
  return result;
}

} // namespace troupe::tool_runner
