#define CAF_SUITE exec_prompt
#include <caf/test/bdd_dsl.hpp>

#include "apps/exec/prompt.hpp"

using namespace troupe::exec;
using namespace std::string_literals;

namespace {

using argument = std::optional<std::string>;

std::string refusal_of(const auto& result) {
  const auto* refusal = std::get_if<prompt_refusal>(&result);
  return refusal == nullptr ? "" : refusal->message;
}

/// The prompt, or "refused: " and why.
std::string prompt_of(const argument& given, const std::string& stdin_bytes,
                      stdin_addition addition = stdin_addition::append) {
  const auto plan = plan_prompt(given, stdin_kind::piped, addition);
  const auto prompt = finish_prompt(std::get<prompt_plan>(plan), given, stdin_bytes);
  if (const auto* text = std::get_if<std::string>(&prompt))
    return *text;
  return "refused: " + refusal_of(prompt);
}

} // namespace

SCENARIO("the plan follows argument and stdin") {
  const auto plan = [](const argument& given, stdin_kind kind, stdin_addition addition) {
    return std::get<prompt_plan>(plan_prompt(given, kind, addition));
  };
  using enum stdin_kind;
  using enum stdin_addition;
  using enum prompt_source;
  CHECK(plan("hi", terminal, append) == (prompt_plan{prompt_source::argument, ""}));
  CHECK(plan("hi", piped, append) ==
        (prompt_plan{argument_and_stdin, "Reading additional input from stdin..."}));
  CHECK(plan("hi", piped, ignore) == (prompt_plan{prompt_source::argument, ""}));
  CHECK(plan("-", terminal, append) == (prompt_plan{standard_input, ""}));
  CHECK(plan("-", piped, ignore) == (prompt_plan{standard_input, ""}));
  CHECK(plan({}, piped, append) == (prompt_plan{standard_input, "Reading prompt from stdin..."}));
}

SCENARIO("without a prompt and with a terminal there is nothing to do") {
  CHECK_EQ(refusal_of(plan_prompt({}, stdin_kind::terminal, stdin_addition::append)),
           "No prompt provided. Either specify one as an argument or pipe the prompt into stdin.");
}

SCENARIO("stdin is the prompt as it was read") {
  CHECK_EQ(prompt_of({}, "do it\n"), "do it\n");
  CHECK_EQ(prompt_of("-", "do it"), "do it");
  CHECK_EQ(prompt_of({}, ""), "refused: No prompt provided via stdin.");
  CHECK_EQ(prompt_of("-", " \n\t"), "refused: No prompt provided via stdin.");
}

SCENARIO("stdin goes along with a prompt in a block of its own") {
  CHECK_EQ(prompt_of("fix", "text"), "fix\n\n<stdin>\ntext\n</stdin>");
  CHECK_EQ(prompt_of("fix", "text\n"), "fix\n\n<stdin>\ntext\n</stdin>");
  CHECK_EQ(prompt_of("fix", ""), "fix");
  CHECK_EQ(prompt_of("fix", "text", stdin_addition::ignore), "fix");
}

SCENARIO("byte order marks decide how stdin is read") {
  CHECK_EQ(prompt_of({}, "\xEF\xBB\xBFgrüße"), "grüße");
  CHECK_EQ(prompt_of({}, "\xFF\xFEh\0i\0"s), "hi");
  CHECK_EQ(prompt_of({}, "\xFE\xFF\0h\0i"s), "hi");
  CHECK_EQ(prompt_of({}, "\xFF\xFE\x3D\xD8\x00\xDE"s), "\xF0\x9F\x98\x80"); // U+1F600
  CHECK_EQ(prompt_of("fix", "\xFE\xFF\0x"s), "fix\n\n<stdin>\nx\n</stdin>");
}

SCENARIO("what is no text is refused with the reason") {
  const std::pair<std::string, std::string> cases[] = {
    {"\xFF\xFE\0\0h\0\0\0"s, "input appears to be UTF-32LE"},
    {"\0\0\xFE\xFF\0\0\0h"s, "input appears to be UTF-32BE"},
    {"ab\xFF", "input is not valid UTF-8 (invalid byte at offset 2)"},
    {"ab\xC3", "input is not valid UTF-8 (invalid byte at offset 2)"},
    {"a\xE2\x82", "input is not valid UTF-8 (invalid byte at offset 1)"},
    {"\xC3", "input is not valid UTF-8 (invalid byte at offset 0)"},
    {"\xFF\xFEh"s, "input looks like UTF-16LE but is not valid"},
    {"\xFF\xFE\x3D\xD8"s, "input looks like UTF-16LE but is not valid"},
    {"\xFE\xFF\xDE\0\0h"s, "input looks like UTF-16BE but is not valid"},
  };
  for (const auto& [bytes, reason] : cases)
    CHECK_EQ(prompt_of({}, bytes), "refused: Failed to read prompt from stdin: " + reason +
                                     ". Convert it to UTF-8 and retry.");
}
