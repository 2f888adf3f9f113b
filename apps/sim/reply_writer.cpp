#include "apps/sim/reply_writer.hpp"

#include "apps/sim/schema_instance.hpp"
#include "messages/json/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace troupe::sim {

namespace {

/// The shell tools in the order in which they are preferred (contract tools, section 1.2).
constexpr auto shell_tools = std::to_array<std::string_view>(
  {"exec_command", "shell_command", "shell", "container.exec", "local_shell"});

std::string_view shell_tool_of(const request_view& request) {
  const auto offered = std::ranges::find_if(
    shell_tools, [&](std::string_view tool) { return request.form_of(tool).has_value(); });
  return offered == shell_tools.end() ? shell_tools.front() : *offered;
}

std::vector<std::string> shell_words(const std::string& script) {
  return {"bash", "-lc", script};
}

void write_words(json_writer& json, const std::vector<std::string>& words) {
  json.begin_array();
  for (const auto& word : words)
    json.text(word);
  json.end_array();
}

std::string input_object(std::string_view patch) {
  std::string result;
  json_writer{result}.begin_object().member("input", patch).end_object();
  return result;
}

class writer {
public:
  writer(const template_values& values, event_writer& out) : values_(values), out_(out) {}

  void operator()(const message_reply& x) const { out_.message(text(x.text), x.phase); }

  void operator()(const reasoning_reply& x) const {
    std::vector<std::string> summary;
    for (const auto& part : x.summary)
      summary.push_back(text(part));
    out_.reasoning(summary, text(x.content));
  }

  void operator()(const call_reply& x) const { out_.function_call(x.tool, text(x.arguments)); }
  void operator()(const custom_reply& x) const { out_.custom_call(x.tool, text(x.input)); }
  void operator()(const search_reply& x) const { out_.web_search(text(x.query)); }
  void operator()(const event_reply& x) const { out_.raw_event(text(x.data)); }

  void operator()(const schema_reply&) const {
    const auto schema = values_.request->raw_schema;
    out_.message(schema.empty() ? "{}" : schema_instance(schema), "");
  }

  // Without the tool the shell tools take a patch as well (contract tools, section 5.6).
  void operator()(const patch_reply& x) const {
    const auto form = values_.request->form_of("apply_patch");
    const auto patch = text(x.patch);
    if (form == tool_form::function)
      out_.function_call("apply_patch", input_object(patch));
    else if (form || !values_.request->form_of(shell_tool_of(*values_.request)))
      out_.custom_call("apply_patch", patch);
    else
      run(fmt::format("apply_patch <<'END_OF_PATCH'\n{}{}END_OF_PATCH", patch,
                      patch.ends_with('\n') ? "" : "\n"),
          {});
  }

  void operator()(const run_reply& x) const { run(text(x.command), x); }

private:
  std::string text(const text_template& x) const { return x.expand(values_); }

  void run(const std::string& script, const run_reply& x) const {
    const auto tool = shell_tool_of(*values_.request);
    if (tool == "local_shell")
      return out_.local_shell_call(shell_words(script));
    std::string arguments;
    json_writer json{arguments};
    json.begin_object();
    if (tool == "exec_command")
      json.member("cmd", script);
    else if (tool == "shell_command")
      json.member("command", script);
    else
      write_words(json.key("command"), shell_words(script));
    if (!x.workdir.empty())
      json.member("workdir", text(x.workdir));
    const auto& limit = tool == "exec_command" ? x.yield_time_ms : x.timeout_ms;
    if (limit)
      json.member(tool == "exec_command" ? "yield_time_ms" : "timeout_ms", *limit);
    json.end_object();
    out_.function_call(tool, arguments);
  }

  const template_values& values_;
  event_writer& out_;
};

struct constancy {
  bool operator()(const message_reply& x) const { return x.text.is_constant(); }
  bool operator()(const reasoning_reply& x) const {
    return x.content.is_constant() && std::ranges::all_of(x.summary, &text_template::is_constant);
  }
  bool operator()(const call_reply& x) const { return x.arguments.is_constant(); }
  bool operator()(const custom_reply& x) const { return x.input.is_constant(); }
  bool operator()(const search_reply& x) const { return x.query.is_constant(); }
  bool operator()(const event_reply& x) const { return x.data.is_constant(); }
  // These depend on the tools and the schema of the request.
  bool operator()(const schema_reply&) const { return false; }
  bool operator()(const patch_reply&) const { return false; }
  bool operator()(const run_reply&) const { return false; }
};

} // namespace

void write_reply(std::span<const reply_item> reply, const template_values& values,
                 event_writer& out) {
  for (const auto& item : reply)
    std::visit(writer{values, out}, item);
}

bool is_constant(std::span<const reply_item> reply) {
  return std::ranges::all_of(reply, [](const auto& x) { return std::visit(constancy{}, x); });
}

} // namespace troupe::sim
