#include "apps/exec/printer.hpp"

#include "apps/common/printable_text.hpp"
#include "apps/common/version.hpp"

#include <utility>

namespace troupe::exec {

void printer::begin(beginning x) {
  const auto& own = x.started.warnings;
  x.warnings.insert(x.warnings.end(), own.begin(), own.end());
  std::string text;
  if (auto* jsonl = std::get_if<jsonl_events>(&format_)) {
    jsonl->thread_started(x.started.thread, x.warnings, text);
    to_.standard_output.write(text);
    return;
  }
  std::get<human_output>(format_).begin({.version = std::string{common::program_version()},
                                         .session = x.started.configured,
                                         .reasoning_summary = std::move(x.reasoning_summary),
                                         .prompt = std::move(x.prompt),
                                         .warnings = x.warnings},
                                        text);
  to_.standard_error.write(text);
}

void printer::event(const event_msg& x) {
  std::string text;
  if (auto* jsonl = std::get_if<jsonl_events>(&format_)) {
    jsonl->event(x, text);
    to_.standard_output.write(text);
    return;
  }
  std::get<human_output>(format_).event(x, text);
  to_.standard_error.write(text);
}

void printer::failed(std::string_view message) {
  std::string text;
  if (auto* jsonl = std::get_if<jsonl_events>(&format_)) {
    jsonl->failed(message, text);
    to_.standard_output.write(text);
    return;
  }
  std::get<human_output>(format_).failed(message, text);
  to_.standard_error.write(text);
}

void printer::end(const common::turn_outcome& outcome) {
  auto* human = std::get_if<human_output>(&format_);
  if (human == nullptr)
    return;
  std::string text;
  human->end(text);
  to_.standard_error.write(text);
  if (!outcome.final_message())
    return;
  auto& out = to_.standard_output;
  const auto message = final_text(*outcome.final_message());
  // A program gets what the model has said, to the byte; no terminal obeys it.
  out.write(out.is_terminal() ? common::printable(message) : message);
}

} // namespace troupe::exec
