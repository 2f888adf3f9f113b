#include "actors/codex_thread/context_builder.hpp"

#include "messages/json/item_json.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe::codex_thread {

namespace {

bool has_network(const sandbox_policy& x) {
  return x.mode == sandbox_mode::danger_full_access || x.network_access;
}

std::string sandbox_paragraph(const sandbox_policy& x) {
  std::string text;
  switch (x.mode) {
  case sandbox_mode::danger_full_access:
  case sandbox_mode::external_sandbox:
    text =
      "`sandbox_mode` is `danger-full-access`: Troupe does not confine commands; every file may "
      "be read and written.";
    break;
  case sandbox_mode::workspace_write:
    text = "`sandbox_mode` is `workspace-write`: every file may be read; only files below the "
           "writable roots may be changed.";
    break;
  case sandbox_mode::read_only:
    text = "`sandbox_mode` is `read-only`: every file may be read, none may be changed.";
    break;
  }
  text += has_network(x) ? " Network access is enabled." : " Network access is restricted.";
  return text;
}

std::string_view approval_paragraph(approval_policy x) {
  switch (x) {
  case approval_policy::never:
    return "`approval_policy` is `never`: nobody is there to ask. Do not request approvals or "
           "escalated permissions; find a way within the limits, finish the task and check the "
           "result before you report it.";
  case approval_policy::untrusted:
    return "`approval_policy` is `unless-trusted`: the user is asked before each command, except "
           "for a few that only read.";
  case approval_policy::on_failure:
    return "`approval_policy` is `on-failure`: commands run in the sandbox; when one fails there, "
           "the user is asked whether it may run without it.";
  case approval_policy::on_request:
    return "`approval_policy` is `on-request`: commands run in the sandbox. When a necessary "
           "command cannot work there, ask for it with `sandbox_permissions: "
           "\"require_escalated\"` "
           "and a one-sentence `justification`; do so rarely, and never for destructive commands "
           "the user did not ask for. A `prefix_rule` may propose the prefix of similar commands "
           "to be allowed from then on.";
  }
  return {};
}

std::string writable_roots_paragraph(const context_facts& x) {
  const auto& policy = *x.sandbox;
  if (policy.mode != sandbox_mode::workspace_write)
    return {};
  std::vector<std::string_view> roots(policy.writable_roots.begin(), policy.writable_roots.end());
  roots.push_back(x.cwd);
  if (!policy.exclude_slash_tmp)
    roots.push_back("/tmp");
  if (!policy.exclude_tmpdir_env_var && !x.tmpdir.empty() &&
      std::find(roots.begin(), roots.end(), x.tmpdir) == roots.end())
    roots.push_back(x.tmpdir);
  if (roots.size() == 1)
    return fmt::format(" The writable root is `{}`.", roots.front());
  return fmt::format(" The writable roots are `{}`.", fmt::join(roots, "`, `"));
}

/// Pieces stand on lines of their own; a piece that ends its line itself gets no further line
/// break.
std::string joined(std::initializer_list<std::string_view> pieces) {
  std::string text;
  for (auto piece : pieces) {
    if (!text.empty() && text.back() != '\n' && !piece.empty())
      text += '\n';
    text += piece;
  }
  return text;
}

response_item user_instructions_message(std::string_view cwd, std::string_view text) {
  return make_message("user", fmt::format("# AGENTS.md instructions for {}\n\n<INSTRUCTIONS>\n{}\n"
                                          "</INSTRUCTIONS>",
                                          cwd, text));
}

response_item mode_message(std::string_view instructions) {
  return make_message("developer",
                      fmt::format("<collaboration_mode>{}</collaboration_mode>", instructions));
}

response_item personality_message(std::string_view spec) {
  return make_message("developer",
                      fmt::format("<personality_spec> The user has asked for another style of "
                                  "communication. Keep to it in all future messages: \n{} "
                                  "</personality_spec>",
                                  spec));
}

bool is_other_mode(const context_facts& a, const context_facts& b) {
  return a.mode != b.mode || !(a.mode_instructions == b.mode_instructions);
}

} // namespace

std::string permissions_text(const context_facts& x) {
  return joined({"<permissions instructions>", sandbox_paragraph(*x.sandbox),
                 approval_paragraph(x.approval), writable_roots_paragraph(x),
                 "</permissions instructions>"});
}

std::string environment_text(std::string_view cwd, std::string_view shell) {
  std::string text = "<environment_context>\n";
  if (!cwd.empty())
    text += fmt::format("  <cwd>{}</cwd>\n", cwd);
  text += fmt::format("  <shell>{}</shell>\n</environment_context>", shell);
  return text;
}

std::vector<response_item> initial_context(const context_facts& x) {
  std::vector<response_item> items;
  items.push_back(make_message("developer", permissions_text(x)));
  if (!x.developer_instructions.empty())
    items.push_back(make_message("developer", x.developer_instructions.view()));
  if (!x.mode_instructions.empty())
    items.push_back(mode_message(x.mode_instructions.view()));
  if (!x.personality_spec.empty() && !x.has_personality_in_instructions)
    items.push_back(personality_message(x.personality_spec));
  if (!x.user_instructions.empty())
    items.push_back(user_instructions_message(x.cwd, x.user_instructions.view()));
  items.push_back(make_message("user", environment_text(x.cwd, x.shell)));
  return items;
}

std::vector<response_item> settings_update(const context_facts& before, const context_facts& now) {
  std::vector<response_item> items;
  if (before.cwd != now.cwd)
    items.push_back(make_message("user", environment_text(now.cwd, now.shell)));
  if (before.approval != now.approval || !(*before.sandbox == *now.sandbox))
    items.push_back(make_message("developer", permissions_text(now)));
  if (is_other_mode(before, now) && !now.mode_instructions.empty())
    items.push_back(mode_message(now.mode_instructions.view()));
  if (before.model != now.model) {
    if (!now.model_instructions.empty())
      items.push_back(model_switch_message(now.model_instructions));
  } else if (now.personality && before.personality != now.personality &&
             !now.personality_spec.empty()) {
    items.push_back(personality_message(now.personality_spec));
  }
  return items;
}

std::string_view personality_spec_of(const model_info& x, std::optional<personality> p) {
  if (!x.model_messages || !p)
    return {};
  const auto text = [](const std::optional<std::string>& spec) {
    return spec ? std::string_view{*spec} : std::string_view{};
  };
  switch (*p) {
  case personality::none: return {};
  case personality::friendly: return text(x.model_messages->personality_friendly);
  case personality::pragmatic: return text(x.model_messages->personality_pragmatic);
  }
  return {};
}

response_item model_switch_message(std::string_view instructions) {
  return make_message(
    "developer",
    fmt::format("<model_switch>\nUp to here another model led this conversation. You "
                "carry it on, under the following instructions:\n\n{}\n</model_switch>",
                instructions));
}

response_item interrupt_marker() {
  return make_message("user",
                      "<turn_aborted>\nThe user stopped the previous turn on purpose. Commands and "
                      "edits of that turn may have run in part: check the current state before you "
                      "repeat any of them.\n</turn_aborted>");
}

} // namespace troupe::codex_thread
