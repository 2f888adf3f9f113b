#include "actors/tool_runner/tool_specs.hpp"

#include "actors/tool_runner/patch_parser.hpp"
#include "messages/json/writer.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::tool_runner {

namespace {

enum class presence : std::uint8_t { optional, required };

struct parameter {
  std::string_view name;
  std::string_view schema; ///< members of its JSON schema except the description
  std::string_view description;
  presence when = presence::optional;
};

constexpr std::string_view string_schema = R"("type":"string")";
constexpr std::string_view number_schema = R"("type":"number")";
constexpr std::string_view boolean_schema = R"("type":"boolean")";
constexpr std::string_view strings_schema = R"("type":"array","items":{"type":"string"})";
constexpr std::string_view steps_schema =
  R"("type":"array","items":{"type":"object","properties":{)"
  R"("status":{"type":"string","description":"pending, in_progress or completed"},)"
  R"("step":{"type":"string","description":"What is to be done, in one short sentence"}},)"
  R"("required":["step","status"],"additionalProperties":false})";

constexpr std::string_view questions_schema =
  R"("type":"array","items":{"type":"object","properties":{)"
  R"("header":{"type":"string","description":"A heading of a few words"},)"
  R"("id":{"type":"string","description":"Names the question in the answer, in snake_case"},)"
  R"("options":{"type":"array","description":"Two to four answers that exclude each other, the )"
  R"(recommended one first","items":{"type":"object","properties":{)"
  R"("description":{"type":"string","description":"What choosing it means, in one sentence"},)"
  R"("label":{"type":"string","description":"The answer in a few words"}},)"
  R"("required":["label","description"],"additionalProperties":false}},)"
  R"("question":{"type":"string","description":"The question, in one sentence"}},)"
  R"("required":["id","header","question","options"],"additionalProperties":false})";

/// Members of objects are in alphabetical order; what is required stays in the order given.
void append_function(json_writer& json, std::string_view name, std::string_view description,
                     std::vector<parameter> parameters) {
  json.begin_object().member("type", "function").member("name", name);
  json.member("description", description).key("strict").boolean(false);
  json.key("parameters").begin_object().member("type", "object");
  std::vector<std::string_view> required;
  for (const auto& x : parameters)
    if (x.when == presence::required)
      required.push_back(x.name);
  std::sort(parameters.begin(), parameters.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  json.key("properties").begin_object();
  for (const auto& x : parameters) {
    std::string schema{"{"};
    schema.append(x.schema).append(R"(,"description":)");
    append_json_string(schema, x.description);
    json.key(x.name).raw(schema + "}");
  }
  json.end_object();
  if (!required.empty()) {
    json.key("required").begin_array();
    for (const auto x : required)
      json.text(x);
    json.end_array();
  }
  json.key("additionalProperties").boolean(false).end_object().end_object();
}

/// Appends the parameters by which a command asks to leave the sandbox.
void append_escalation(prefix_rules rules, std::vector<parameter>& to) {
  to.push_back({"sandbox_permissions", string_schema,
                "use_default (the default) keeps the command inside the sandbox; require_escalated "
                "asks the user to run it outside"});
  to.push_back({"justification", string_schema,
                "With require_escalated: one sentence that tells the user why the command has to "
                "leave the sandbox, put as a question"});
  if (rules == prefix_rules::offered)
    to.push_back({"prefix_rule", strings_schema,
                  "With require_escalated: first words of the command which the user may allow for "
                  "all later commands that begin with them, such as [\"npm\", \"install\"]"});
}

void append_shell(json_writer& json, prefix_rules rules) {
  std::vector<parameter> parameters{
    {"command", strings_schema, "The program and its arguments", presence::required},
    {"workdir", string_schema, "Folder to run in; the session's working directory if absent"},
    {"timeout_ms", number_schema, "Milliseconds after which the command is killed (10000)"}};
  append_escalation(rules, parameters);
  append_function(json, "shell",
                  "Runs a program and returns its output when it has ended. The arguments go to "
                  "the program as they are: call [\"bash\", \"-lc\", \"...\"] for pipes, "
                  "redirections or several commands. Give workdir rather than using cd.",
                  std::move(parameters));
}

void append_shell_command(json_writer& json, prefix_rules rules) {
  std::vector<parameter> parameters{
    {"command", string_schema, "The script, run by the user's shell", presence::required},
    {"workdir", string_schema, "Folder to run in; the session's working directory if absent"},
    {"login", boolean_schema, "Whether the shell is a login shell (true)"},
    {"timeout_ms", number_schema, "Milliseconds after which the command is killed (10000)"}};
  append_escalation(rules, parameters);
  append_function(json, "shell_command",
                  "Runs a shell script and returns its output when it has ended. Give workdir "
                  "rather than using cd.",
                  std::move(parameters));
}

void append_exec_command(json_writer& json, prefix_rules rules) {
  std::vector<parameter> parameters{
    {"cmd", string_schema, "The script to run", presence::required},
    {"workdir", string_schema, "Folder to run in; the session's working directory if absent"},
    {"shell", string_schema, "Shell that runs the script; the user's shell if absent"},
    {"login", boolean_schema, "Whether the shell is a login shell (true)"},
    {"tty", boolean_schema,
     "Whether the command gets a terminal and may be written to with write_stdin (false)"},
    {"yield_time_ms", number_schema,
     "Milliseconds to collect output before answering, while the command goes on (10000)"},
    {"max_output_tokens", number_schema, "Tokens of output to return; more is cut (10000)"}};
  append_escalation(rules, parameters);
  append_function(json, "exec_command",
                  "Runs a shell script. Returns its output, or what there is of it together with a "
                  "session ID when it is still running; go on with write_stdin then.",
                  std::move(parameters));
}

void append_write_stdin(json_writer& json) {
  append_function(
    json, "write_stdin",
    "Writes to a running exec_command session and returns the output since the last call.",
    {{"session_id", number_schema, "ID that exec_command has returned", presence::required},
     {"chars", string_schema, "What to write; nothing, the default, only waits for output"},
     {"yield_time_ms", number_schema,
      "Milliseconds to collect output before answering (250; at least 5000 without chars)"},
     {"max_output_tokens", number_schema, "Tokens of output to return; more is cut (10000)"}});
}

void append_command_tools(json_writer& json, const tool_set& x) {
  switch (x.commands) {
  case command_tool::none: break;
  case command_tool::shell: append_shell(json, x.rules); break;
  case command_tool::local_shell: json.raw(R"({"type":"local_shell"})"); break;
  case command_tool::shell_command: append_shell_command(json, x.rules); break;
  case command_tool::exec_command:
    append_exec_command(json, x.rules);
    append_write_stdin(json);
    break;
  }
}

void append_update_plan(json_writer& json) {
  append_function(json, "update_plan",
                  "Shows the user the plan of the task: its steps and how far each one is. Call it "
                  "again whenever "
                  "that changes, with the whole plan. At most one step is in progress at a time.",
                  {{"plan", steps_schema, "All steps in order", presence::required},
                   {"explanation", string_schema, "Why the plan has changed"}});
}

void append_request_user_input(json_writer& json) {
  append_function(json, "request_user_input",
                  "Asks the user one to three short questions and waits for the answers. Only "
                  "available in Plan mode; in any other mode the call is an error.",
                  {{"questions", questions_schema, "One to three questions", presence::required}});
}

void append_apply_patch(json_writer& json, patch_tool_type type) {
  if (type == patch_tool_type::function) {
    append_function(
      json, "apply_patch",
      "Adds, changes, moves and deletes files. The input is a patch: the line `*** Begin Patch`, "
      "then for each file `*** Add File: PATH` with lines `+text`, `*** Delete File: PATH`, or "
      "`*** Update File: PATH`, perhaps `*** Move to: PATH`, and chunks; at last the line "
      "`*** End Patch`. A chunk begins with `@@`, or `@@ ` and a line above it such as the "
      "function's head, followed by lines that begin with a blank (kept), `-` (removed) or `+` "
      "(added); give about three kept lines before and after a change. Paths are relative.",
      {{"input", string_schema, "The whole patch", presence::required}});
    return;
  }
  json.begin_object().member("type", "custom").member("name", "apply_patch");
  json.member("description", "Adds, changes, moves and deletes files. Takes the patch itself as "
                             "input, not wrapped in JSON.");
  json.key("format").begin_object().member("type", "grammar").member("syntax", "lark");
  json.member("definition", patch_grammar()).end_object().end_object();
}

void append_web_search(json_writer& json, web_search_mode mode) {
  json.begin_object().member("type", "web_search");
  json.key("external_web_access").boolean(mode == web_search_mode::live).end_object();
}

command_tool command_tool_of(shell_type type) {
  switch (type) {
  case shell_type::default_shell: return command_tool::shell;
  case shell_type::local: return command_tool::local_shell;
  case shell_type::unified_exec: return command_tool::exec_command;
  case shell_type::disabled: return command_tool::none;
  case shell_type::shell_command: return command_tool::shell_command;
  }
  return command_tool::none;
}

} // namespace

tool_set offered_tools(const config::feature_set& features, const model_info& model,
                       web_search_mode web_search, tool_access access) {
  using config::feature;
  tool_set result;
  result.web_search = web_search;
  if (!features.enabled(feature::shell_tool))
    result.commands = command_tool::none;
  else if (!features.enabled(feature::unified_exec))
    result.commands = command_tool_of(model.shell_type);
  if (!features.enabled(feature::request_rule))
    result.rules = prefix_rules::hidden;
  result.patch = model.apply_patch_tool_type;
  if (!result.patch && features.enabled(feature::apply_patch_freeform))
    result.patch = patch_tool_type::freeform;
  if (features.enabled(feature::collaboration_modes))
    result.questions = user_questions::offered;
  if (access == tool_access::read_only) {
    result.patch.reset();
    result.rules = prefix_rules::hidden; // nothing of what they allow is allowed
  }
  return result;
}

std::string tool_specs_json(const tool_set& x) {
  std::string result;
  json_writer json{result};
  json.begin_array();
  append_command_tools(json, x);
  append_update_plan(json);
  if (x.questions == user_questions::offered)
    append_request_user_input(json);
  if (x.patch)
    append_apply_patch(json, *x.patch);
  if (x.web_search != web_search_mode::disabled)
    append_web_search(json, x.web_search);
  json.end_array();
  return result;
}

} // namespace troupe::tool_runner
