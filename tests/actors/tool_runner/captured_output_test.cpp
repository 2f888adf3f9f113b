#define CAF_SUITE captured_output
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/captured_output.hpp"
#include "actors/tool_runner/command_events.hpp"

#include <string>

using namespace troupe;
using namespace troupe::tool_runner;
using namespace std::chrono_literals;

namespace {

const delta_budget::clock::time_point now{1h};

child_end ended(child_end::kind how, int number) {
  return {.how = how, .number = number, .problem = {}, .duration = 2s};
}

captured_output with_both_streams() {
  captured_output result{"c1"};
  result.add(output_stream::standard_output, "out\n", now);
  result.add(output_stream::standard_error, "err\n", now);
  result.add(output_stream::standard_output, "more\n", now);
  return result;
}

} // namespace

SCENARIO("each block is shown live") {
  captured_output output{"c1"};
  const exec_output_delta expected{"c1", output_stream::standard_error, "x\xFF"};
  CHECK(output.add(output_stream::standard_error, "x\xFF", now) == expected);
}

SCENARIO("streams are kept apart and aggregated") {
  const auto outcome = with_both_streams().outcome(ended(child_end::kind::exited, 3));
  CHECK_EQ(outcome.exit_code, 3);
  CHECK(outcome.end == exec_end::exited);
  CHECK(outcome.duration == 2s);
  CHECK_EQ(outcome.standard_output, "out\nmore\n");
  CHECK_EQ(outcome.standard_error, "err\n");
  CHECK_EQ(outcome.aggregated_output, "out\nmore\nerr\n");
}

SCENARIO("ways to end have exit codes") {
  const auto code = [](child_end::kind how, int number) {
    return with_both_streams().outcome(ended(how, number)).exit_code;
  };
  CHECK_EQ(code(child_end::kind::signalled, 9), 137);
  CHECK_EQ(code(child_end::kind::timed_out, 9), 124);
  CHECK_EQ(code(child_end::kind::not_started, 0), -1);
  CHECK(with_both_streams().outcome(ended(child_end::kind::timed_out, 9)).end ==
        exec_end::timed_out);
}

SCENARIO("a stream that is still held open counts as empty") {
  auto end = ended(child_end::kind::exited, 0);
  end.output_held_open = true;
  CHECK_EQ(with_both_streams().outcome(end).aggregated_output, "err\n");
  end.errors_held_open = true;
  CHECK_EQ(with_both_streams().outcome(end).aggregated_output, "");
}

SCENARIO("events carry the command and what became of it") {
  const auto begin = begin_event("c1", {"ls", "a b"}, "/w", exec_source::agent);
  CHECK_EQ(begin.parsed_cmd_json.str(), R"([{"type":"list_files","cmd":"ls 'a b'","path":"a b"}])");
  exec_outcome outcome;
  outcome.exit_code = 124;
  outcome.end = exec_end::timed_out;
  outcome.duration = 1s;
  outcome.aggregated_output = "x";
  const auto end = end_event(begin, outcome, {truncation_mode::bytes, 1'000});
  CHECK_EQ(end.aggregated_output, "x");
  CHECK_EQ(end.formatted_output, "command timed out after 1000 milliseconds\nx");
  const auto failure = failure_event(begin, "why");
  CHECK_EQ(failure.exit_code, -1);
  CHECK_EQ(failure.standard_output, "");
  CHECK_EQ(failure.standard_error, "why");
  CHECK_EQ(failure.aggregated_output, "why");
  CHECK_EQ(failure.formatted_output, "why");
}
