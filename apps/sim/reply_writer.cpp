#include "apps/sim/reply_writer.hpp"

#include "apps/sim/json_text.hpp"
#include "apps/sim/schema_instance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace troupe::sim {

namespace {

/// An object of JSON members, written one after the other.
class object_text {
public:
  object_text& string(std::string_view name, std::string_view text) {
    open(name);
    append_json_string(out_, text);
    return *this;
  }

  object_text& raw(std::string_view name, std::string_view json) {
    open(name);
    out_ += json;
    return *this;
  }

  object_text& number(std::string_view name, std::optional<std::int64_t> value) {
    return value ? raw(name, std::to_string(*value)) : *this;
  }

  std::string finish() const { return out_.empty() ? "{}" : out_ + "}"; }

private:
  void open(std::string_view name) {
    out_ += out_.empty() ? "{" : ",";
    append_json_string(out_, name);
    out_ += ':';
  }

  std::string out_;
};

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
      out_.function_call("apply_patch", object_text{}.string("input", patch).finish());
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
    object_text arguments;
    if (tool == "exec_command") {
      arguments.string("cmd", script).number("yield_time_ms", x.yield_time_ms);
    } else if (tool == "shell_command") {
      arguments.string("command", script).number("timeout_ms", x.timeout_ms);
    } else {
      std::string words;
      for (const auto& word : shell_words(script)) {
        words += words.empty() ? "[" : ",";
        append_json_string(words, word);
      }
      arguments.raw("command", words + "]").number("timeout_ms", x.timeout_ms);
    }
    if (!x.workdir.empty())
      arguments.string("workdir", text(x.workdir));
    out_.function_call(tool, arguments.finish());
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
