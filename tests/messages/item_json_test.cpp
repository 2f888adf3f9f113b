#define CAF_SUITE item_json
#include <caf/test/bdd_dsl.hpp>

#include "messages/json/item_json.hpp"

#include <boost/json/value.hpp>

using namespace troupe;

namespace {

/// What is stored of an item, or "refused".
std::string stored(std::string_view json) {
  const auto item = parse_response_item(json);
  return item ? std::string{item->json.view()} : "refused";
}

response_item parsed(std::string_view json) {
  auto item = parse_response_item(json);
  if (!item)
    CAF_FAIL("refused: " << json);
  return *item;
}

/// Items that are stored as they come.
constexpr std::string_view canonical[] = {
  R"({"type":"message","role":"user","content":[{"type":"input_text","text":"hi"},{"type":"input_image","image_url":"data:x"}]})",
  R"({"type":"message","role":"assistant","content":[{"type":"output_text","text":"a\"b\nc"}],"end_turn":false,"phase":"final_answer"})",
  R"({"type":"message","role":"developer","content":[]})",
  R"({"type":"reasoning","summary":[{"type":"summary_text","text":"s"}],"content":null,"encrypted_content":null})",
  R"({"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"r"},{"type":"text","text":"t"}],"encrypted_content":"gAAA"})",
  R"({"type":"local_shell_call","call_id":null,"status":"completed","action":{"type":"exec","command":["ls","-l"],"timeout_ms":null,"working_directory":null,"env":null,"user":null}})",
  R"({"type":"local_shell_call","call_id":"c","status":"in_progress","action":{"type":"exec","command":[],"timeout_ms":5,"working_directory":"/w","env":{"A":"b"},"user":"u"}})",
  R"({"type":"function_call","name":"shell","arguments":"{\"a\":1}","call_id":"c1"})",
  R"({"type":"function_call_output","call_id":"c1","output":"done"})",
  R"({"type":"function_call_output","call_id":"c1","output":[{"type":"input_text","text":"x"},{"type":"input_image","image_url":"u"}]})",
  R"({"type":"custom_tool_call","status":"completed","call_id":"c2","name":"apply_patch","input":"*** Begin"})",
  R"({"type":"custom_tool_call","call_id":"c2","name":"apply_patch","input":""})",
  R"({"type":"custom_tool_call_output","call_id":"c2","output":"ok"})",
  R"({"type":"web_search_call","status":"completed","action":{"type":"search","query":"q","queries":["q","r"]}})",
  R"({"type":"web_search_call","action":{"type":"search"}})",
  R"({"type":"web_search_call","action":{"type":"open_page","url":"u"}})",
  R"({"type":"web_search_call","action":{"type":"find_in_page","url":"u","pattern":"p"}})",
  R"({"type":"web_search_call"})",
  R"({"type":"ghost_snapshot","ghost_commit":{"id":"a1","parent":null,"preexisting_untracked_files":[],"preexisting_untracked_dirs":["d"]}})",
  R"({"type":"compaction","encrypted_content":"gAAA"})"};

} // namespace

SCENARIO("items in stored form stay as they are") {
  for (const auto json : canonical)
    CHECK_EQ(stored(json), json);
}

SCENARIO("what the machine needs of an item is read out of it") {
  const auto message = parsed(
    R"({"type":"message","id":"msg_1","role":"assistant","content":[{"type":"output_text","text":"x"}]})");
  CHECK_EQ(message.kind, item_kind::message);
  CHECK_EQ(message.id, "msg_1");
  CHECK_EQ(message.role, "assistant");
  const auto call = parsed(
    R"({"type":"function_call","id":"fc_1","name":"shell","arguments":"{}","call_id":"c1"})");
  CHECK_EQ(call.kind, item_kind::function_call);
  CHECK_EQ(call.id, "fc_1");
  CHECK_EQ(call.name, "shell");
  CHECK_EQ(call.call_id, "c1");
  CHECK(is_tool_call(call));
  const auto output = parsed(R"({"type":"custom_tool_call_output","call_id":"c2","output":""})");
  CHECK_EQ(output.call_id, "c2");
  CHECK(is_tool_output(output));
}

SCENARIO("ids are read and never stored") {
  for (
    const std::string_view json :
    {R"({"type":"message","id":"i","role":"user","content":[]})",
     R"({"type":"reasoning","id":"i","summary":[]})",
     R"({"type":"function_call","id":"i","name":"n","arguments":"","call_id":"c"})",
     R"({"type":"custom_tool_call","id":"i","call_id":"c","name":"n","input":""})",
     R"({"type":"local_shell_call","id":"i","status":"incomplete","action":{"type":"exec","command":[]}})",
     R"({"type":"web_search_call","id":"i"})"}) {
    const auto item = parsed(json);
    CHECK_EQ(item.id, "i");
    CHECK_EQ(item.json.view().find("\"id\""), std::string_view::npos);
  }
}

SCENARIO("unknown members are dropped and key order is ours") {
  CHECK_EQ(
    stored(
      R"({"content":[{"annotations":[],"logprobs":null,"text":"x","type":"output_text"}],"status":"completed","role":"assistant","type":"message"})"),
    R"({"type":"message","role":"assistant","content":[{"type":"output_text","text":"x"}]})");
  CHECK_EQ(stored(R"({"type":"function_call_output","call_id":"c","output":"x","success":true})"),
           R"({"type":"function_call_output","call_id":"c","output":"x"})");
}

SCENARIO("null equals absent for optional members") {
  CHECK_EQ(
    stored(
      R"({"type":"message","id":null,"role":"user","content":[],"end_turn":null,"phase":null})"),
    R"({"type":"message","role":"user","content":[]})");
  CHECK_EQ(stored(R"({"type":"web_search_call","status":null,"action":null})"),
           R"({"type":"web_search_call"})");
  CHECK_EQ(stored(R"({"type":"web_search_call","action":{"type":"search","query":null}})"),
           R"({"type":"web_search_call","action":{"type":"search"}})");
  CHECK_EQ(
    stored(R"({"type":"custom_tool_call","status":null,"call_id":"c","name":"n","input":"i"})"),
    R"({"type":"custom_tool_call","call_id":"c","name":"n","input":"i"})");
}

SCENARIO("reasoning content is null, a list or left out") {
  const auto reasoning = [](std::string content) {
    return stored(R"({"type":"reasoning","summary":[])" + content + "}");
  };
  const std::string start = R"({"type":"reasoning","summary":[],)";
  const std::string end = R"("encrypted_content":null})";
  CHECK_EQ(reasoning(""), start + R"("content":null,)" + end);
  CHECK_EQ(reasoning(R"(,"content":null)"), start + R"("content":null,)" + end);
  CHECK_EQ(reasoning(R"(,"content":[])"), start + end);
  CHECK_EQ(reasoning(R"(,"content":[{"type":"text","text":"t"}])"), start + end);
  CHECK_EQ(
    reasoning(R"(,"content":[{"type":"text","text":"t"},{"type":"reasoning_text","text":"r"}])"),
    start + R"("content":[{"type":"text","text":"t"},{"type":"reasoning_text","text":"r"}],)" +
      end);
}

SCENARIO("an unknown item type is other, an unknown search action too") {
  const auto item = parsed(R"({"type":"image_generation_call","result":"..."})");
  CHECK_EQ(item.kind, item_kind::other);
  CHECK_EQ(item.json.view(), R"({"type":"other"})");
  CHECK_EQ(stored(R"({"type":"other","x":1})"), R"({"type":"other"})");
  CHECK_EQ(stored(R"({"type":"web_search_call","action":{"type":"zoom","by":2}})"),
           R"({"type":"web_search_call","action":{"type":"other"}})");
}

SCENARIO("compaction has an older name") {
  const auto item = parsed(R"({"type":"compaction_summary","encrypted_content":"e"})");
  CHECK_EQ(item.kind, item_kind::compaction);
  CHECK_EQ(item.json.view(), R"({"type":"compaction","encrypted_content":"e"})");
}

SCENARIO("a violation makes the whole item unparsable") {
  for (
    const std::string_view json :
    {// no object, no type
     "", "[]", "\"message\"", "{}", R"({"type":null})", R"({"type":5})", R"({"role":"user"})",
     // members missing or of another type
     R"({"type":"message","content":[]})", R"({"type":"message","role":5,"content":[]})",
     R"({"type":"message","role":"user"})", R"({"type":"message","role":"user","content":"x"})",
     R"({"type":"message","id":7,"role":"user","content":[]})",
     R"({"type":"message","role":"user","content":[],"end_turn":"yes"})",
     R"({"type":"message","role":"user","content":[{"type":"input_text"}]})",
     R"({"type":"message","role":"user","content":[{"type":"input_text","text":null}]})",
     R"({"type":"message","role":"user","content":["x"]})",
     R"({"type":"reasoning","id":null,"summary":[]})", R"({"type":"reasoning"})",
     R"({"type":"reasoning","summary":[],"encrypted_content":1})",
     R"({"type":"function_call","name":"n","arguments":{},"call_id":"c"})",
     R"({"type":"function_call","name":"n","arguments":""})",
     R"({"type":"function_call_output","call_id":"c"})",
     R"({"type":"function_call_output","call_id":"c","output":null})",
     R"({"type":"function_call_output","call_id":"c","output":{}})",
     R"({"type":"custom_tool_call_output","call_id":"c","output":[]})",
     R"({"type":"custom_tool_call","call_id":"c","name":"n"})", R"({"type":"compaction"})",
     R"({"type":"ghost_snapshot"})", R"({"type":"ghost_snapshot","ghost_commit":"a1"})",
     R"({"type":"local_shell_call","status":"completed"})",
     R"({"type":"local_shell_call","status":"completed","action":{"type":"exec"}})",
     R"({"type":"local_shell_call","status":"completed","action":{"type":"exec","command":[1]}})",
     R"({"type":"local_shell_call","status":"completed","action":{"type":"exec","command":[],"timeout_ms":42.0}})",
     R"({"type":"local_shell_call","status":"completed","action":{"type":"exec","command":[],"env":{"A":1}}})",
     R"({"type":"web_search_call","action":{"type":"search","queries":"q"}})",
     // unknown parts, phases, statuses and actions
     R"({"type":"message","role":"user","content":[{"type":"input_audio","text":"x"}]})",
     R"({"type":"message","role":"user","content":[{"type":"summary_text","text":"x"}]})",
     R"({"type":"message","role":"assistant","content":[],"phase":"thinking"})",
     R"({"type":"reasoning","summary":[{"type":"text","text":"x"}]})",
     R"({"type":"reasoning","summary":[],"content":[{"type":"input_text","text":"x"}]})",
     R"({"type":"function_call_output","call_id":"c","output":[{"type":"output_text","text":"x"}]})",
     R"({"type":"local_shell_call","status":"failed","action":{"type":"exec","command":[]}})",
     R"({"type":"local_shell_call","status":"completed","action":{"type":"spawn","command":[]}})",
     R"({"type":"web_search_call","action":{"query":"q"}})"})
    if (parse_response_item(json))
      CAF_FAIL("accepted " << json);
  CHECK(true);
}

SCENARIO("every cut-off item is refused and harmless") {
  for (const auto json : canonical)
    for (std::size_t size = 0; size < json.size(); ++size)
      if (parse_response_item(json.substr(0, size)))
        CAF_FAIL("accepted " << json.substr(0, size));
  CHECK(true);
}

SCENARIO("messages are made in stored form") {
  const auto user = make_message("user", "a\"b");
  CHECK_EQ(user.json.view(), stored(user.json.view()));
  CHECK_EQ(user.json.view(),
           R"({"type":"message","role":"user","content":[{"type":"input_text","text":"a\"b"}]})");
  CHECK_EQ(parsed(user.json.view()), user);
  const auto assistant = make_message("assistant", "x");
  CHECK_EQ(message_text(assistant, "output_text"), "x");
  CHECK_EQ(message_text(assistant, "input_text"), "");
}

SCENARIO("user input maps in order") {
  const auto item = make_user_message(
    {text_input{"look:"}, image_input{"data:1"}, local_image_input{"/a.png", "data:2", ""},
     local_image_input{"/b.txt", "", "not an image"}, local_image_input{"/c.png", "data:3", ""}});
  CHECK_EQ(parsed(item.json.view()), item);
  CHECK_EQ(
    item.json.view(),
    R"({"type":"message","role":"user","content":[{"type":"input_text","text":"look:"},)"
    R"({"type":"input_text","text":"<image>"},{"type":"input_image","image_url":"data:1"},{"type":"input_text","text":"</image>"},)"
    R"({"type":"input_text","text":"<image name=[Image #1]>"},{"type":"input_image","image_url":"data:2"},{"type":"input_text","text":"</image>"},)"
    R"({"type":"input_text","text":"The local image `/b.txt` could not be attached: not an image"},)"
    R"({"type":"input_text","text":"<image name=[Image #3]>"},{"type":"input_image","image_url":"data:3"},{"type":"input_text","text":"</image>"}]})");
}

SCENARIO("an output belongs to its call") {
  const auto call = parsed(R"({"type":"function_call","name":"n","arguments":"","call_id":"c1"})");
  CHECK_EQ(make_tool_output(call, "aborted"), make_function_output("c1", "aborted"));
  const auto custom = parsed(R"({"type":"custom_tool_call","call_id":"c2","name":"n","input":""})");
  CHECK_EQ(make_tool_output(custom, "aborted"), make_custom_output("c2", "aborted"));
  const auto shell = parsed(
    R"({"type":"local_shell_call","call_id":"c3","status":"completed","action":{"type":"exec","command":[]}})");
  CHECK_EQ(make_tool_output(shell, "x"), make_function_output("c3", "x"));
  const auto output = make_function_output("c1", "a\nb");
  CHECK_EQ(parsed(output.json.view()), output);
  CHECK_EQ(output_text(output), "a\nb");
}

SCENARIO("output texts are read and replaced") {
  const auto parts = parsed(
    R"({"type":"function_call_output","call_id":"c","output":[{"type":"input_text","text":"x"}]})");
  CHECK_EQ(output_text(parts), std::nullopt);
  CHECK_EQ(output_text(make_message("user", "x")), std::nullopt);
  const auto shorter = with_output_text(make_custom_output("c", "long text"), "short");
  CHECK_EQ(shorter, make_custom_output("c", "short"));
}

SCENARIO("a call's arguments are read out of it") {
  CHECK_EQ(call_arguments(parsed(
             R"({"type":"function_call","name":"n","arguments":"{\"a\":\"b\"}","call_id":"c"})")),
           R"({"a":"b"})");
  CHECK_EQ(call_arguments(
             parsed(R"({"type":"custom_tool_call","call_id":"c","name":"n","input":"i\nj"})")),
           "i\nj");
  CHECK_EQ(
    call_arguments(parsed(
      R"({"type":"local_shell_call","status":"completed","action":{"type":"exec","command":["ls"]}})")),
    R"({"type":"exec","command":["ls"],"timeout_ms":null,"working_directory":null,"env":null,"user":null})");
  CHECK_EQ(call_arguments(make_message("user", "x")), "");
}

SCENARIO("message text joins the parts of one type") {
  const auto item = parsed(
    R"({"type":"message","role":"user","content":[{"type":"input_text","text":"a"},{"type":"output_text","text":"-"},{"type":"input_image","image_url":"u"},{"type":"input_text","text":"b"}]})");
  CHECK_EQ(message_text(item, "input_text"), "ab");
  CHECK_EQ(message_text(item, "output_text"), "-");
}
