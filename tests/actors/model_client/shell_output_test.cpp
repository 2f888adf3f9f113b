#define CAF_SUITE shell_output
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/shell_output.hpp"
#include "messages/json/writer.hpp"

#include <initializer_list>
#include <vector>

using namespace troupe;
using namespace troupe::model_client;

namespace {

constexpr std::string_view freeform_tools =
  R"([{"type":"local_shell"},{"type":"custom","name":"apply_patch","description":"d"}])";

std::string quoted(std::string_view text) {
  std::string result;
  append_json_string(result, text);
  return result;
}

std::string shell_json(std::string_view output, std::string_view seconds = "0.5") {
  return R"({"output":)" + quoted(output) + R"(,"metadata":{"exit_code":7,"duration_seconds":)" +
         std::string{seconds} + "}}";
}

std::string call(std::string_view name, std::string_view id) {
  return R"({"type":"function_call","name":)" + quoted(name) + R"(,"arguments":"{}","call_id":)" +
         quoted(id) + "}";
}

std::string output(std::string_view id, std::string_view text) {
  return R"({"type":"function_call_output","call_id":)" + quoted(id) + R"(,"output":)" +
         quoted(text) + "}";
}

std::vector<std::string> formatted(std::string_view tools, const std::vector<std::string>& items) {
  std::vector<shared_text> input;
  for (const auto& item : items)
    input.emplace_back(item);
  shell_output_formatter formatter;
  std::vector<std::string> result;
  for (const auto& item : formatter.format(shared_text{std::string{tools}}, input))
    result.push_back(item.str());
  return result;
}

bool is_rewritten(std::string_view call_item, std::string_view output_item) {
  const std::vector<std::string> items{std::string{call_item}, std::string{output_item}};
  const auto result = formatted(freeform_tools, items);
  CHECK_EQ(result[0], items[0]);
  return result[1] != items[1];
}

const std::string text_form = "Exit code: 7\nWall time: 0.5 seconds\nOutput:\nhi\n";

} // namespace

SCENARIO("the freeform tool is found in a list") {
  CHECK(offers_freeform_patch(freeform_tools));
  CHECK(offers_freeform_patch(R"([{"name":"apply_patch","type":"custom"}])"));
  for (const std::string_view other :
       {"", "[]", R"([{"type":"function","name":"apply_patch"}])",
        R"([{"type":"custom","name":"other","x":"apply_patch"}])",
        R"([{"type":"custom","description":"\"type\":\"custom\",\"name\":\"apply_patch\""}])",
        R"([{"type":"custom","format":{"name":"apply_patch"}}])"}) {
    CHECK(!offers_freeform_patch(other));
  }
}

SCENARIO("a shell result is told in lines") {
  CHECK(shell_output_text(shell_json("hi\n")) == text_form);
  CHECK(shell_output_text(shell_json("")) == "Exit code: 7\nWall time: 0.5 seconds\nOutput:\n");
}

SCENARIO("a duration is a 32-bit number in its shortest form") {
  const auto line = [](std::string_view seconds) {
    const auto text = *shell_output_text(shell_json("", seconds));
    const auto start = text.find("Wall time: ") + 11;
    return text.substr(start, text.find(" seconds") - start);
  };
  CHECK_EQ(line("0.5"), "0.5");
  CHECK_EQ(line("1"), "1");
  CHECK_EQ(line("1.0"), "1");
  CHECK_EQ(line("0.1"), "0.1");
  CHECK_EQ(line("12.3456789"), "12.345679");
  CHECK_EQ(line("1e-3"), "0.001");
  CHECK_EQ(line("100000"), "100000");
}

SCENARIO("the count of lines moves from the output into the head") {
  const auto text = [](std::string_view output) { return *shell_output_text(shell_json(output)); };
  const std::string head = "Exit code: 7\nWall time: 0.5 seconds\n";
  CHECK_EQ(text("Total output lines: 12\n\nrest"), head + "Total output lines: 12\nOutput:\nrest");
  CHECK_EQ(text("Total output lines: 12\nrest\n"),
           head + "Total output lines: 12\nOutput:\nrest\n");
  CHECK_EQ(text("Total output lines: 12\n\n\nrest"),
           head + "Total output lines: 12\nOutput:\n\nrest");
  CHECK_EQ(text("Total output lines: 12"), head + "Total output lines: 12\nOutput:\n");
  for (const std::string_view other :
       {"Total output lines: x\nrest", "Total output lines: \nrest", "Total output lines: 1 2\n",
        "Total output lines: 4294967296\n", "Total output lines: -1\n",
        "total output lines: 1\n"}) {
    CHECK_EQ(text(other), head + "Output:\n" + std::string{other});
  }
}

SCENARIO("other outputs stay as they are") {
  for (const std::string_view other :
       {"", "plain text", "{}", R"({"output":"x"})", R"({"output":"x","metadata":{}})",
        R"({"output":"x","metadata":{"exit_code":1}})",
        R"({"output":1,"metadata":{"exit_code":1,"duration_seconds":1}})",
        R"({"output":"x","metadata":{"exit_code":1.5,"duration_seconds":1}})",
        R"({"output":"x","metadata":{"exit_code":3000000000,"duration_seconds":1}})",
        R"({"output":"x","metadata":{"exit_code":1,"duration_seconds":"1"}})",
        R"({"output":"x","metadata":{"exit_code":1,"duration_seconds":1e99}})",
        R"({"output":"x","metadata":[]})",
        R"({"output":"x","metadata":{"exit_code":1,"duration_seconds":1}} x)"}) {
    CHECK(!shell_output_text(other));
  }
  CHECK(shell_output_text(
    R"({"metadata":{"duration_seconds":2,"x":[],"exit_code":-1},"y":{},"output":"x"})"));
}

SCENARIO("only the outputs of shell-like calls are rewritten") {
  const auto result = output("c", shell_json("hi\n"));
  CHECK(is_rewritten(call("shell", "c"), result));
  CHECK(is_rewritten(call("container.exec", "c"), result));
  CHECK(is_rewritten(call("apply_patch", "c"), result));
  CHECK(is_rewritten(
    R"({"type":"custom_tool_call","call_id":"c","name":"apply_patch","input":"p"})", result));
  CHECK(is_rewritten(
    R"({"type":"local_shell_call","call_id":"c","status":"completed","action":{"type":"exec"}})",
    result));
  CHECK(!is_rewritten(call("shell_command", "c"), result));
  CHECK(!is_rewritten(call("exec_command", "c"), result));
  CHECK(!is_rewritten(R"({"type":"custom_tool_call","call_id":"c","name":"shell","input":"p"})",
                      result));
  CHECK(!is_rewritten(call("shell", "other"), result));
  CHECK(!is_rewritten(call("shell", "c"), output("c", "plain")));
  CHECK(
    !is_rewritten(R"({"type":"local_shell_call","call_id":null,"status":"completed"})", result));
}

SCENARIO("a rewritten item keeps its other members") {
  const auto items =
    formatted(freeform_tools,
              {call("shell", "c"), R"({"type":"custom_tool_call_output","call_id":"c","output":)" +
                                     quoted(shell_json("hi\n")) + R"(,"extra":[1]})"});
  CHECK_EQ(items[1], R"({"type":"custom_tool_call_output","call_id":"c","output":)" +
                       quoted(text_form) + R"(,"extra":[1]})");
}

SCENARIO("an output with parts is left alone") {
  CHECK(!is_rewritten(
    call("shell", "c"),
    R"({"type":"function_call_output","call_id":"c","output":[{"type":"input_text","text":"x"}]})"));
}

SCENARIO("a call's second output is not rewritten, parallel calls all are") {
  const auto json = shell_json("hi\n");
  const auto items =
    formatted(freeform_tools, {call("shell", "a"), call("shell", "b"), output("b", json),
                               output("a", json), output("a", json)});
  CHECK_EQ(items[2], output("b", text_form));
  CHECK_EQ(items[3], output("a", text_form));
  CHECK_EQ(items[4], output("a", json));
}

SCENARIO("without the freeform tool nothing is rewritten") {
  const std::vector<std::string> items{call("shell", "c"), output("c", shell_json("hi\n"))};
  CHECK(formatted("[]", items) == items);
}

SCENARIO("results are kept: the next request shares the rewritten text") {
  shell_output_formatter formatter;
  const shared_text tools{std::string{freeform_tools}};
  const std::vector<shared_text> input{
    shared_text{call("shell", "a")}, shared_text{output("a", shell_json("hi\n"))},
    shared_text{call("shell", "b")}, shared_text{output("b", "plain")}};
  const auto first = formatter.format(tools, input);
  const auto second = formatter.format(tools, input);
  CHECK(first[1].pointer() == second[1].pointer());
  CHECK(first[1].pointer() != input[1].pointer());
  CHECK(first[0].pointer() == input[0].pointer());
  CHECK(second[3].pointer() == input[3].pointer());
  // Another tool list in between changes the answer, not the memory.
  CHECK(formatter.format(shared_text{}, input)[1].pointer() == input[1].pointer());
  CHECK(formatter.format(tools, input)[1].pointer() == first[1].pointer());
}

SCENARIO("what is kept has a bound") {
  shell_output_formatter formatter;
  const shared_text tools{std::string{freeform_tools}};
  const std::string large(shell_output_formatter::max_kept_bytes / 3, 'x');
  const std::vector<shared_text> input{shared_text{call("shell", "a")},
                                       shared_text{output("a", shell_json(large))}};
  const auto first = formatter.format(tools, input);
  const std::weak_ptr<const std::string> kept = first[1].pointer();
  for (int i = 0; i < 3; ++i)
    formatter.format(
      tools, {shared_text{call("shell", "a")}, shared_text{output("a", shell_json(large))}});
  CHECK_EQ(kept.use_count(), 1); // ours; the memory has let go of it
  CHECK_EQ(formatter.format(tools, input)[1].size(), first[1].size());
}
