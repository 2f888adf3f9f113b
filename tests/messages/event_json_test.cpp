#define CAF_SUITE event_json
#include <caf/test/bdd_dsl.hpp>

#include "messages/json/document.hpp"
#include "messages/json/event_json.hpp"
#include "messages/json/item_json.hpp"
#include "messages/json/writer.hpp"

#include <boost/json/object.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

const std::string thread_text = "019c3762-2225-7c31-9a4e-5d0f6b7a8c21";
const auto thread = *parse_thread_id(thread_text);
const std::string ids = R"("thread_id":")" + thread_text + R"(","turn_id":"3",)";

std::string json_of(const event_msg& x) {
  const auto text = event_json(x, thread, "3");
  // The tree says the same as the text.
  std::string tree;
  append_json(tree, to_json(x, thread, "3"));
  CHECK_EQ(tree, text);
  CHECK(text.starts_with(R"({"type":")" + std::string{type_name(x)} + '"'));
  return text;
}

template <class T>
std::string part_json(const T& x) {
  std::string out;
  append_json(out, to_json(x));
  return out;
}

boost::json::value tree(std::string_view json) {
  const json_document document{json};
  REQUIRE(document.root() != nullptr);
  return boost::json::value(*document.root(), boost::json::storage_ptr{});
}

token_usage_info usage() {
  return {.total = {8310, 4096, 78, 32, 8388},
          .last = {4210, 4096, 18, 0, 4228},
          .model_context_window = 258400};
}

constexpr std::string_view usage_json =
  R"({"total_token_usage":{"input_tokens":8310,"cached_input_tokens":4096,"output_tokens":78,)"
  R"("reasoning_output_tokens":32,"total_tokens":8388},"last_token_usage":{"input_tokens":4210,)"
  R"("cached_input_tokens":4096,"output_tokens":18,"reasoning_output_tokens":0,"total_tokens":4228},)"
  R"("model_context_window":258400})";

rate_limits limits() {
  rate_limits result;
  result.primary = rate_limit_window{12, 300, 1770466500};
  result.plan_type = "plus";
  return result;
}

constexpr std::string_view limits_json =
  R"({"primary":{"used_percent":12.0,"window_minutes":300,"resets_at":1770466500},"secondary":null,)"
  R"("credits":null,"plan_type":"plus"})";

exec_command_begin command() {
  exec_command_begin result;
  result.call_id = "c";
  result.command = {"bash", "-lc", "ls"};
  result.cwd = "/w";
  return result;
}

file_changes changes() {
  return {{"/a", {change_kind::add, "new\n", ""}},
          {"/b", {change_kind::remove, "old\n", ""}},
          {"/c", {change_kind::update, "@@", "/d"}},
          {"/e", {change_kind::update, "@@", ""}}};
}

constexpr std::string_view changes_json =
  R"("changes":{"/a":{"type":"add","content":"new\n"},"/b":{"type":"delete","content":"old\n"},)"
  R"("/c":{"type":"update","unified_diff":"@@","move_path":"/d"},)"
  R"("/e":{"type":"update","unified_diff":"@@","move_path":null}})";

} // namespace

SCENARIO("session and turn events") {
  session_configured session;
  session.session_id = thread;
  session.model = "m";
  session.model_provider_id = "openai";
  session.cwd = "/w";
  const auto start = R"({"type":"session_configured","session_id":")" + thread_text + R"(",)";
  CHECK_EQ(
    json_of(session),
    start +
      R"("model":"m","model_provider_id":"openai","approval_policy":"on-request","sandbox_policy":{"type":"read-only"},"cwd":"/w","history_log_id":0,"history_entry_count":0})");
  session.forked_from_id = thread;
  session.reasoning_effort = reasoning_effort::high;
  session.initial_messages_json = {shared_text{agent_message_event_json("hi")}};
  session.rollout_path = "/r";
  CHECK_EQ(
    json_of(session),
    start + R"("forked_from_id":")" + thread_text +
      R"(","model":"m","model_provider_id":"openai","approval_policy":"on-request","sandbox_policy":{"type":"read-only"},"cwd":"/w","reasoning_effort":"high","history_log_id":0,"history_entry_count":0,"initial_messages":[{"type":"agent_message","message":"hi"}],"rollout_path":"/r"})");
  CHECK_EQ(
    json_of(task_started{258400}),
    R"({"type":"task_started","model_context_window":258400,"collaboration_mode_kind":"default"})");
  CHECK_EQ(
    json_of(task_started{}),
    R"({"type":"task_started","model_context_window":null,"collaboration_mode_kind":"default"})");
  CHECK_EQ(json_of(task_complete{"done"}),
           R"({"type":"task_complete","last_agent_message":"done"})");
  CHECK_EQ(json_of(task_complete{}), R"({"type":"task_complete","last_agent_message":null})");
  CHECK_EQ(json_of(turn_aborted{abort_reason::replaced}),
           R"({"type":"turn_aborted","reason":"replaced"})");
  CHECK_EQ(json_of(warning{"w"}), R"({"type":"warning","message":"w"})");
  CHECK_EQ(json_of(background_event{"b"}), R"({"type":"background_event","message":"b"})");
  CHECK_EQ(json_of(shutdown_complete{}), R"({"type":"shutdown_complete"})");
}

SCENARIO("usage and rate limits") {
  CHECK_EQ(json_of(token_count{}), R"({"type":"token_count","info":null,"rate_limits":null})");
  CHECK_EQ(json_of(token_count{usage(), limits()}),
           R"({"type":"token_count","info":)" + std::string{usage_json} + R"(,"rate_limits":)" +
             std::string{limits_json} + "}");
  CHECK_EQ(token_count_event_json({usage(), limits()}), json_of(token_count{usage(), limits()}));
  CHECK_EQ(part_json(usage()), usage_json);
  CHECK_EQ(parse_token_usage_info(tree(usage_json)), usage());
  CHECK_EQ(parse_rate_limits(tree(limits_json)), limits());
  auto full = limits();
  full.secondary = rate_limit_window{0.25, std::nullopt, std::nullopt};
  full.credits = rate_limit_credits{true, false, "9.99"};
  CHECK_EQ(parse_rate_limits(tree(part_json(full))), full);
  CHECK_EQ(parse_rate_limits(tree("{}")), rate_limits{});
  CHECK_EQ(parse_rate_limits(tree(R"({"primary":{"used_percent":7}})"))->primary->used_percent,
           7.0);
  CHECK_EQ(parse_rate_limits(tree(R"({"plan_type":"galactic"})"))->plan_type, "unknown");
}

SCENARIO("usage and rate limits of another shape are refused") {
  for (const std::string_view json :
       {"[]", "{}", R"({"total_token_usage":{},"last_token_usage":{}})",
        R"({"total_token_usage":null,"last_token_usage":null})"})
    CHECK(!parse_token_usage_info(tree(json)));
  for (const std::string_view json :
       {"5", R"({"primary":5})", R"({"primary":{}})", R"({"primary":{"used_percent":"7"}})",
        R"({"primary":{"used_percent":1,"resets_at":1.5}})", R"({"credits":{"has_credits":true}})",
        R"({"plan_type":5})"})
    CHECK(!parse_rate_limits(tree(json)));
}

SCENARIO("errors carry their class") {
  CHECK_EQ(json_of(turn_error{"m", error_class::context_window_exceeded, {}}),
           R"({"type":"error","message":"m","codex_error_info":"context_window_exceeded"})");
  CHECK_EQ(
    json_of(turn_error{"m", error_class::http_connection_failed, {}}),
    R"({"type":"error","message":"m","codex_error_info":{"http_connection_failed":{"http_status_code":null}}})");
  CHECK_EQ(
    json_of(turn_error{"m", error_class::response_too_many_failed_attempts, 429}),
    R"({"type":"error","message":"m","codex_error_info":{"response_too_many_failed_attempts":{"http_status_code":429}}})");
  CHECK_EQ(
    json_of(turn_error{"m", error_class::model_cap, {}}),
    R"({"type":"error","message":"m","codex_error_info":{"model_cap":{"model":"","reset_after_seconds":null}}})");
  CHECK_EQ(
    json_of(turn_error{"m", error_class::model_cap, {}, "big", 90}),
    R"({"type":"error","message":"m","codex_error_info":{"model_cap":{"model":"big","reset_after_seconds":90}}})");
  CHECK_EQ(
    json_of(stream_error{"Reconnecting... 1/5", 503, "why"}),
    R"({"type":"stream_error","message":"Reconnecting... 1/5","codex_error_info":{"response_stream_disconnected":{"http_status_code":503}},"additional_details":"why"})");
  CHECK_EQ(
    json_of(stream_error{"m", {}, ""}),
    R"({"type":"stream_error","message":"m","codex_error_info":{"response_stream_disconnected":{"http_status_code":null}},"additional_details":null})");
}

SCENARIO("items name thread and turn") {
  const auto item = [](const turn_item& x) {
    const auto json = json_of(item_completed{x});
    CHECK_EQ(json_of(item_started{x}).substr(21), json.substr(23));
    const auto start = R"({"type":"item_completed",)" + ids + R"("item":)";
    REQUIRE(json.starts_with(start));
    return json.substr(start.size(), json.size() - start.size() - 1);
  };
  CHECK_EQ(
    item(
      user_message_item{"u", {text_input{"t"}, image_input{"i"}, local_image_input{"/p", "", ""}}}),
    R"({"type":"UserMessage","id":"u","content":[{"type":"text","text":"t","text_elements":[]},{"type":"image","image_url":"i"},{"type":"local_image","path":"/p"}]})");
  CHECK_EQ(item(agent_message_item{"a", "t", ""}),
           R"({"type":"AgentMessage","id":"a","content":[{"type":"Text","text":"t"}]})");
  CHECK_EQ(
    item(agent_message_item{"a", "t", "final_answer"}),
    R"({"type":"AgentMessage","id":"a","content":[{"type":"Text","text":"t"}],"phase":"final_answer"})");
  CHECK_EQ(item(reasoning_item{"r", {"s"}, {}}),
           R"({"type":"Reasoning","id":"r","summary_text":["s"],"raw_content":[]})");
  CHECK_EQ(item(web_search_item{"w", "q", shared_text{R"({"type":"search","query":"q"})"}}),
           R"({"type":"WebSearch","id":"w","query":"q","action":{"type":"search","query":"q"}})");
  CHECK_EQ(item(context_compaction_item{"c"}), R"({"type":"ContextCompaction","id":"c"})");
  CHECK_EQ(item(web_search_item{"w", "", {}}),
           R"({"type":"WebSearch","id":"w","query":"","action":{"type":"other"}})");
}

SCENARIO("deltas name their item") {
  CHECK_EQ(json_of(agent_message_delta{"i", "d"}),
           R"({"type":"agent_message_content_delta",)" + ids + R"("item_id":"i","delta":"d"})");
  CHECK_EQ(json_of(reasoning_delta{"i", "d", 2}),
           R"({"type":"reasoning_content_delta",)" + ids +
             R"("item_id":"i","delta":"d","summary_index":2})");
  CHECK_EQ(json_of(reasoning_raw_delta{"i", "d", 2}),
           R"({"type":"reasoning_raw_content_delta",)" + ids +
             R"("item_id":"i","delta":"d","content_index":2})");
  CHECK_EQ(json_of(reasoning_section_break{"i", 1}),
           R"({"type":"agent_reasoning_section_break","item_id":"i","summary_index":1})");
  CHECK_EQ(json_of(raw_response_item{make_function_output("c", "x")}),
           R"({"type":"raw_response_item","item":)" +
             std::string{make_function_output("c", "x").json.view()} + "}");
}

SCENARIO("commands") {
  const std::string begin =
    R"("call_id":"c","turn_id":"3","command":["bash","-lc","ls"],"cwd":"/w","parsed_cmd":[],"source":"agent")";
  CHECK_EQ(json_of(command()), R"({"type":"exec_command_begin",)" + begin + "}");
  auto startup = command();
  startup.process_id = "7";
  startup.source = exec_source::unified_exec_startup;
  startup.parsed_cmd_json = shared_text{R"([{"type":"unknown","cmd":"ls"}])"};
  CHECK_EQ(
    json_of(startup),
    R"({"type":"exec_command_begin","call_id":"c","process_id":"7","turn_id":"3","command":["bash","-lc","ls"],"cwd":"/w","parsed_cmd":[{"type":"unknown","cmd":"ls"}],"source":"unified_exec_startup"})");
  CHECK_EQ(json_of(exec_command_end{command(), "o", "e", "oe", 3, 2'500'000'000ns, "f"}),
           R"({"type":"exec_command_end",)" + begin +
             R"(,"stdout":"o","stderr":"e","aggregated_output":"oe","exit_code":3,)" +
             R"("duration":{"secs":2,"nanos":500000000},"formatted_output":"f"})");
  CHECK_EQ(json_of(terminal_interaction{"c", "7", "y\n"}),
           R"({"type":"terminal_interaction","call_id":"c","process_id":"7","stdin":"y\n"})");
}

SCENARIO("output bytes travel as base64") {
  const auto chunk = [](std::string bytes) {
    const auto json = json_of(exec_output_delta{"c", output_stream::standard_error, bytes});
    const std::string start =
      R"({"type":"exec_command_output_delta","call_id":"c","stream":"stderr","chunk":")";
    REQUIRE(json.starts_with(start));
    return json.substr(start.size(), json.size() - start.size() - 2);
  };
  CHECK_EQ(chunk(""), "");
  CHECK_EQ(chunk("f"), "Zg==");
  CHECK_EQ(chunk("fo"), "Zm8=");
  CHECK_EQ(chunk("foo"), "Zm9v");
  CHECK_EQ(chunk("foobar"), "Zm9vYmFy");
  CHECK_EQ(chunk("\xFF\xFE\xFB"), "//77");
}

SCENARIO("patches, diffs and plans") {
  const std::string files{changes_json};
  CHECK_EQ(json_of(patch_apply_begin{"c", true, changes()}),
           R"({"type":"patch_apply_begin","call_id":"c","turn_id":"3","auto_approved":true,)" +
             files + "}");
  CHECK_EQ(
    json_of(patch_apply_end{"c", "o", "e", false, changes()}),
    R"({"type":"patch_apply_end","call_id":"c","turn_id":"3","stdout":"o","stderr":"e","success":false,)" +
      files + "}");
  CHECK_EQ(json_of(turn_diff{"d"}), R"({"type":"turn_diff","unified_diff":"d"})");
  CHECK_EQ(
    json_of(plan_update{{}, {{"a", step_status::completed}, {"b", step_status::in_progress}}}),
    R"({"type":"plan_update","explanation":null,"plan":[{"step":"a","status":"completed"},{"step":"b","status":"in_progress"}]})");
  CHECK_EQ(json_of(plan_update{"why", {}}),
           R"({"type":"plan_update","explanation":"why","plan":[]})");
}

SCENARIO("a broken fragment leaves no tree and does no harm") {
  const event_msg broken = item_completed{web_search_item{"w", "", shared_text{"{"}}};
  CHECK(to_json(broken, thread, "3").empty());
}

SCENARIO("sandbox policies") {
  sandbox_policy workspace;
  workspace.mode = sandbox_mode::workspace_write;
  constexpr std::string_view defaults =
    R"({"type":"workspace-write","network_access":false,"exclude_tmpdir_env_var":false,"exclude_slash_tmp":false})";
  CHECK_EQ(part_json(workspace), defaults);
  CHECK_EQ(parse_sandbox_policy(tree(R"({"type":"workspace-write"})")), workspace);
  workspace.writable_roots = {"/a", "/b"};
  workspace.network_access = true;
  workspace.exclude_slash_tmp = true;
  CHECK_EQ(
    part_json(workspace),
    R"({"type":"workspace-write","writable_roots":["/a","/b"],"network_access":true,"exclude_tmpdir_env_var":false,"exclude_slash_tmp":true})");
  sandbox_policy external;
  external.mode = sandbox_mode::external_sandbox;
  CHECK_EQ(part_json(external), R"({"type":"external-sandbox","network_access":"restricted"})");
  external.network_access = true;
  CHECK_EQ(part_json(external), R"({"type":"external-sandbox","network_access":"enabled"})");
  sandbox_policy open;
  open.mode = sandbox_mode::danger_full_access;
  CHECK_EQ(part_json(open), R"({"type":"danger-full-access"})");
  for (const auto& policy : {workspace, external, open, sandbox_policy{}})
    CHECK_EQ(parse_sandbox_policy(tree(part_json(policy))), policy);
  for (const std::string_view json :
       {"{}", "5", R"({"type":"none"})", R"({"type":"external-sandbox","network_access":true})",
        R"({"type":"workspace-write","network_access":"enabled"})",
        R"({"type":"workspace-write","writable_roots":[5]})"})
    CHECK(!parse_sandbox_policy(tree(json)));
}

SCENARIO("the events of a rollout") {
  CHECK_EQ(
    user_message_event_json({text_input{"a"}, image_input{"data:1"}, text_input{"b"},
                             local_image_input{"/p", "data:2", ""}}),
    R"({"type":"user_message","message":"ab","images":["data:1"],"local_images":["/p"],"text_elements":[]})");
  CHECK_EQ(agent_message_event_json("a\"b"), R"({"type":"agent_message","message":"a\"b"})");
  CHECK_EQ(agent_reasoning_event_json("r"), R"({"type":"agent_reasoning","text":"r"})");
  CHECK_EQ(agent_reasoning_raw_event_json("r"),
           R"({"type":"agent_reasoning_raw_content","text":"r"})");
  CHECK_EQ(turn_aborted_event_json({abort_reason::interrupted}),
           R"({"type":"turn_aborted","reason":"interrupted"})");
}
