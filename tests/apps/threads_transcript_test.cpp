#define CAF_SUITE threads_transcript
#include <caf/test/bdd_dsl.hpp>

#include "apps/threads/transcript.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::threads;

namespace {

rollout_line line(line_kind kind, std::string json) {
  return {kind, shared_text{std::move(json)}};
}

rollout_line item(std::string json) {
  return line(line_kind::item, std::move(json));
}

rollout_line event(std::string json) {
  return line(line_kind::event, std::move(json));
}

std::string told(std::vector<rollout_line> lines, tool_output outputs = tool_output::shortened) {
  rollout_history history;
  history.path = "/x.jsonl";
  history.lines = std::move(lines);
  return transcript(history, outputs);
}

constexpr auto* head = "file       /x.jsonl\n";

rollout_line output_of(const std::string& escaped_text) {
  return item(
    fmt::format(R"({{"type":"function_call_output","call_id":"c","output":"{}"}})", escaped_text));
}

} // namespace

SCENARIO("a turn reads as a conversation") {
  const auto text = told(
    {line(line_kind::meta,
          R"({"id":"019c3762-2225-7c31-9a4e-5d0f6b7a8c21","timestamp":"2026-02-07T09:15:04.101Z",)"
          R"("cwd":"/home/ada/demo","originator":"codex_cli_rs","cli_version":"0.1.0",)"
          R"("git":{"branch":"main"}})"),
     item(R"({"type":"message","role":"user","content":[{"type":"input_text","text":"context"}]})"),
     event(R"({"type":"user_message","message":"Which files?\n"})"),
     line(line_kind::context, R"({"model":"gpt-5.2-codex"})"),
     event(R"({"type":"agent_reasoning","text":"**Listing**"})"),
     item(
       R"({"type":"function_call","name":"exec_command","arguments":"{\"cmd\":\"ls\"}","call_id":"c"})"),
     output_of("README.md\\nsrc\\n"), line(line_kind::context, R"({"model":"gpt-5.2-codex"})"),
     event(R"({"type":"agent_message","message":"There are two."})"),
     item(
       R"({"type":"message","role":"assistant","content":[{"type":"output_text","text":"There are two."}]})"),
     event(R"({"type":"token_count","info":null})"),
     event(R"({"type":"token_count","info":{"total_token_usage":{"total_tokens":8388}}})")});
  CHECK_EQ(text, std::string{head} + "thread     019c3762-2225-7c31-9a4e-5d0f6b7a8c21\n"
                                     "started    2026-02-07T09:15:04.101Z\n"
                                     "folder     /home/ada/demo\n"
                                     "client     codex_cli_rs 0.1.0\n"
                                     "branch     main\n"
                                     "\n[user]\nWhich files?\n"
                                     "\n[model gpt-5.2-codex]\n"
                                     "\n[reasoning]\n**Listing**\n"
                                     "\n[call exec_command]\n{\"cmd\":\"ls\"}\n"
                                     "\n[output]\nREADME.md\nsrc\n"
                                     "\n[assistant]\nThere are two.\n"
                                     "\n[tokens used]\n8388\n");
}

SCENARIO("interrupts, compactions and rollbacks are told") {
  CHECK_EQ(told({event(R"({"type":"turn_aborted","reason":"interrupted"})"),
                 line(line_kind::compacted, R"({"message":"so far"})"),
                 event(R"({"type":"thread_rolled_back","num_turns":1})")}),
           std::string{head} +
             "\n[turn aborted: interrupted]\n\n[history compacted]\n\n[rolled back]\n");
}

SCENARIO("long outputs are shortened unless all is wanted") {
  std::string lines;
  for (int n = 1; n <= 25; ++n)
    lines += fmt::format("{}\\n", n);
  const auto brief = told({output_of(lines)});
  CHECK(brief.find("\n20\n(5 more lines; --full shows them)\n") != std::string::npos);
  CHECK_EQ(brief.find("\n21\n"), std::string::npos);
  CHECK(told({output_of(lines)}, tool_output::whole).find("\n25\n") != std::string::npos);
}

SCENARIO("an output of exactly the shown length is whole") {
  std::string lines;
  for (int n = 1; n <= 20; ++n)
    lines += fmt::format("{}\\n", n);
  CHECK_EQ(told({output_of(lines)}).find("more lines"), std::string::npos);
}

SCENARIO("strange lines are passed over and cannot control the terminal") {
  CHECK_EQ(told({event("[]"), event(R"({"type":7})"), item("{}"), line(line_kind::meta, "null"),
                 line(line_kind::context, "{}")}),
           head);
  CHECK_EQ(told({event(R"({"type":"agent_message","message":"\u001b[2J"})")}),
           std::string{head} + "\n[assistant]\n\xEF\xBF\xBD[2J\n");
}

SCENARIO("as JSON the lines are those of the file without their time") {
  rollout_history history;
  history.lines = {line(line_kind::context, R"({"model":"x","n":1.0})"),
                   event(R"({"type":"user_message","message":"hi"})")};
  CHECK_EQ(json_lines(history),
           "{\"type\":\"turn_context\",\"payload\":{\"model\":\"x\",\"n\":1.0}}\n"
           "{\"type\":\"event_msg\",\"payload\":{\"type\":\"user_message\",\"message\":\"hi\"}}\n");
}
