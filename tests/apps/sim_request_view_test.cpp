#define CAF_SUITE sim_request_view
#include <caf/test/bdd_dsl.hpp>

#include "tests/apps/sim_requests.hpp"

using namespace troupe::sim;
using troupe::test::sim_request;

namespace {

tool_output shell_output(std::string text) {
  tool_output result;
  result.text = std::move(text);
  read_shell_header(result);
  return result;
}

} // namespace

SCENARIO("a plain request shows its model, thread and prompt") {
  sim_request request;
  request.model("some-model").thread("t-1").user("say hello");
  const auto view = request.view();
  CHECK_EQ(view.model, "some-model");
  CHECK_EQ(view.thread, "t-1");
  CHECK_EQ(view.last_user, "say hello");
  CHECK_EQ(view.first_user, "say hello");
  CHECK_EQ(view.turn, 1u);
  CHECK_EQ(view.outputs, 0u);
  CHECK(!view.last_output);
  CHECK(view.raw_schema.empty());
}

SCENARIO("messages that a client inserts are no prompts") {
  sim_request request;
  request.user("# AGENTS.md instructions for /ws\n\nBe brief.")
    .user("<user_instructions>x</user_instructions>")
    .user("<environment_context>\n  <cwd>/project/space</cwd>\n</environment_context>")
    .user("the prompt")
    .user("<turn_aborted> by the user")
    .user("  <ENVIRONMENT_CONTEXT><cwd>/other</cwd></ENVIRONMENT_CONTEXT>");
  const auto view = request.view();
  CHECK_EQ(view.turn, 1u);
  CHECK_EQ(view.last_user, "the prompt");
  CHECK_EQ(view.cwd, "/other");
}

SCENARIO("a message of AGENTS.md and environment in one is no prompt and gives the directory") {
  sim_request request;
  request.raw_item(
    R"({"type":"message","role":"user","content":[{"type":"input_text","text":"<environment_context><cwd>/a b</cwd></environment_context>"},{"type":"input_text","text":"more"}]})");
  const auto view = request.view();
  CHECK_EQ(view.turn, 0u);
  CHECK_EQ(view.cwd, "/a b");
}

SCENARIO("images and their tags do not belong to the prompt") {
  sim_request request;
  request.raw_item(
    R"({"role":"user","content":[{"type":"input_text","text":"<image name=[Image #1] path=\"/x.png\">"},)"
    R"({"type":"input_image","image_url":"data:,"},{"type":"input_text","text":"</image>"},)"
    R"({"type":"input_text","text":"what is"},{"type":"input_text","text":"this"}]})");
  CHECK_EQ(request.view().last_user, "what is\nthis");
  sim_request image_only;
  image_only.user("look")
    .call("c", "view_image")
    .output("c", "ok")
    .raw_item(R"({"role":"user","content":[{"type":"input_image","image_url":"data:,"}]})");
  CHECK_EQ(image_only.view().turn, 1u);
  CHECK_EQ(image_only.view().outputs, 1u);
}

SCENARIO("outputs and calls count from the last prompt on") {
  sim_request request;
  request.user("first").call("c1", "exec_command").output("c1", "one").assistant("done");
  request.user("second").call("c2", "update_plan").output("c2", "Plan updated");
  request.call("c3", "exec_command").call("c4", "exec_command").output("c3", "a").output("c4", "b");
  const auto view = request.view();
  CHECK_EQ(view.turn, 2u);
  CHECK_EQ(view.outputs, 3u);
  CHECK_EQ(view.calls_of("exec_command"), 2u);
  CHECK_EQ(view.calls_of("update_plan"), 1u);
  CHECK_EQ(view.calls_of("other"), 0u);
  REQUIRE(view.last_output.has_value());
  CHECK_EQ(view.last_output->tool, "exec_command");
  CHECK_EQ(view.last_output->text, "b");
}

SCENARIO("warnings of the tool layer do not begin a turn, but a user's warning does") {
  sim_request request;
  request.user("go").call("c", "exec_command").output("c", "x");
  request.user("Warning: apply_patch was requested via exec_command.");
  CHECK_EQ(request.view().turn, 1u);
  sim_request of_user;
  of_user.user("Warning: be careful");
  CHECK_EQ(of_user.view().turn, 1u);
}

SCENARIO("custom calls and local shell calls are calls too, and an output may be a list of parts") {
  sim_request request;
  request.user("go").raw_item(
    R"({"type":"custom_tool_call","call_id":"a","name":"apply_patch","input":"x"})");
  request.raw_item(R"({"type":"custom_tool_call_output","call_id":"a","output":"Success."})");
  CHECK_EQ(request.view().last_output->tool, "apply_patch");
  request.raw_item(
    R"({"type":"local_shell_call","call_id":"b","status":"completed","action":{"type":"exec","command":["ls"]}})");
  request.raw_item(
    R"({"type":"function_call_output","call_id":"b","output":[{"type":"input_text","text":"l1"},{"type":"input_image","image_url":"data:,"},{"type":"input_text","text":"l2"}]})");
  const auto view = request.view();
  CHECK_EQ(view.last_output->tool, "local_shell");
  CHECK_EQ(view.last_output->text, "l1\nl2");
}

SCENARIO("an output without its call has no tool name") {
  sim_request request;
  request.user("go").output("lost", "x");
  CHECK_EQ(request.view().last_output->tool, "");
}

SCENARIO("exit code and text of shell outputs are understood in each layout") {
  const auto unified =
    shell_output("Chunk ID: 4f9a02\nWall time: 0.15 seconds\nProcess exited with "
                 "code 3\nOriginal token count: 2\nOutput:\nout\nOutput:\nx");
  CHECK_EQ(unified.exit_code, 3);
  CHECK_EQ(unified.body(), "out\nOutput:\nx");
  const auto running = shell_output(
    "Chunk ID: 4f9a02\nWall time: 1 seconds\nProcess running with session ID 7\nOutput:\n");
  CHECK_EQ(running.exit_code, std::nullopt);
  CHECK_EQ(running.body(), "");
  const auto command = shell_output("Exit code: 124\nWall time: 10 seconds\nOutput:\ntoo long\n");
  CHECK_EQ(command.exit_code, 124);
  CHECK_EQ(command.body(), "too long\n");
  const auto json =
    shell_output(R"({"output":"a\nb","metadata":{"exit_code":-1,"duration_seconds":0.2}})");
  CHECK_EQ(json.exit_code, -1);
  CHECK_EQ(json.body(), "a\nb");
  const auto other = shell_output("The report. Output:\nExit code: 5");
  CHECK_EQ(other.exit_code, std::nullopt);
  CHECK_EQ(other.body(), "The report. Output:\nExit code: 5");
  CHECK_EQ(shell_output(R"({"output":"x"})").body(), R"({"output":"x"})");
}

SCENARIO("the tools of a request are found in every place where clients put them") {
  sim_request request;
  request.user("x").tools(
    R"([{"type":"function","name":"exec_command","parameters":{"name":"nope"}},)"
    R"({"type":"custom","name":"apply_patch"},{"type":"local_shell"},{"type":"web_search"},)"
    R"({"type":"namespace","name":"more","tools":[{"type":"function","name":"inner"}]}])");
  request.raw_item(
    R"({"type":"additional_tools","role":"developer","tools":[{"type":"namespace","name":"f","tools":[{"type":"custom","name":"exec"}]}]})");
  const auto view = request.view();
  CHECK(view.form_of("exec_command") == tool_form::function);
  CHECK(view.form_of("apply_patch") == tool_form::custom);
  CHECK(view.form_of("local_shell") == tool_form::local_shell);
  CHECK(view.form_of("inner") == tool_form::function);
  CHECK(view.form_of("exec") == tool_form::custom);
  CHECK(!view.form_of("nope"));
  CHECK(!view.form_of("web_search"));
  CHECK(!view.form_of("more"));
}

SCENARIO("a schema is found in the text settings") {
  sim_request request;
  request.user("x").schema(R"({"type":"object"})");
  CHECK_EQ(request.view().raw_schema, R"({"type":"object"})");
}

SCENARIO("the short form of input is one prompt") {
  const auto view = view_request(R"({"model":"m","input":"hi"})");
  REQUIRE(std::holds_alternative<request_view>(view));
  CHECK_EQ(std::get<request_view>(view).last_user, "hi");
  CHECK_EQ(std::get<request_view>(view).turn, 1u);
}

SCENARIO("a body that is no request is refused with the reason") {
  for (const auto* body : {"", "x", "[]", "{\"input\":[}", "{\"input\":[]} x", "{\"input\":[]"})
    CHECK_EQ(std::get<std::string>(view_request(body)), "the body is not one JSON object");
  for (const auto* body : {"{}", "{\"input\":1}", "{\"input\":{}}", "{\"input\":[,]}"})
    CHECK_EQ(std::get<std::string>(view_request(body)), "the body has no array \"input\"");
}

SCENARIO("texts and tables are bounded") {
  sim_request request;
  request.user(std::string(100'000, 'u'));
  for (int i = 0; i < 1000; ++i) {
    const auto number = std::to_string(i);
    request.call(number, "tool_" + number).output(number, std::string(i == 999 ? 100'000 : 1, 'o'));
  }
  const auto view = request.view();
  CHECK_EQ(view.last_user.size(), request_view::max_text_bytes);
  CHECK_EQ(view.last_output->text.size(), request_view::max_text_bytes);
  CHECK_EQ(view.last_output->tool, "tool_999");
  CHECK_EQ(view.calls.size(), request_view::max_known_tools);
  CHECK_EQ(view.outputs, 1000u);
}
