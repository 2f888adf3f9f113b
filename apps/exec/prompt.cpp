#include "apps/exec/prompt.hpp"

#include "config/text_decoding.hpp"
#include "config/text_file.hpp"

#include <fmt/format.h>

namespace troupe::exec {

std::variant<prompt_plan, prompt_refusal> plan_prompt(const std::optional<std::string>& argument,
                                                      stdin_kind kind, stdin_addition addition) {
  if (argument == "-")
    return prompt_plan{prompt_source::standard_input, {}};
  if (!argument && kind == stdin_kind::terminal)
    return prompt_refusal{"No prompt provided. Either specify one as an argument or pipe the "
                          "prompt into stdin."};
  if (!argument)
    return prompt_plan{prompt_source::standard_input, "Reading prompt from stdin..."};
  if (kind == stdin_kind::terminal || addition == stdin_addition::ignore)
    return prompt_plan{prompt_source::argument, {}};
  return prompt_plan{prompt_source::argument_and_stdin, "Reading additional input from stdin..."};
}

std::variant<std::string, prompt_refusal> finish_prompt(const prompt_plan& plan,
                                                        const std::optional<std::string>& argument,
                                                        std::string_view stdin_bytes) {
  if (plan.source == prompt_source::argument)
    return argument.value_or("");
  auto decoded = config::decode_text(stdin_bytes);
  if (const auto* problem = std::get_if<config::decoding_problem>(&decoded))
    return unreadable_stdin(problem->message);
  auto text = std::get<std::string>(std::move(decoded));
  if (plan.source == prompt_source::standard_input) {
    if (config::trimmed(text).empty())
      return prompt_refusal{"No prompt provided via stdin."};
    return text;
  }
  if (text.empty())
    return *argument;
  return fmt::format("{}\n\n<stdin>\n{}{}</stdin>", *argument, text,
                     text.ends_with('\n') ? "" : "\n");
}

prompt_refusal unreadable_stdin(std::string_view reason) {
  return {fmt::format("Failed to read prompt from stdin: {}", reason)};
}

} // namespace troupe::exec
