#include "actors/codex_thread/thread_mode.hpp"

#include "messages/json/document.hpp"
#include "messages/json/object_reader.hpp"
#include "messages/json/writer.hpp"

#include <utility>

namespace troupe::codex_thread {

namespace {

shared_text text_of(std::optional<std::string> x) {
  return shared_text{std::move(x).value_or("")};
}

bool has_plain_mode(const thread_config& x) {
  return x.mode == mode_kind::default_mode && x.mode_instructions.empty() && !x.identity;
}

/// The recorded identity that is unknown here may still only read.
tool_access access_of(object_reader& recorded) {
  return recorded.boolean("write_tools") ? tool_access::full : tool_access::read_only;
}

void restore_settings(thread_config& x, const boost::json::object& recorded) {
  object_reader settings{recorded};
  x.mode_instructions = shared_text{std::string{settings.text("developer_instructions")}};
  if (!x.effort && !has_plain_mode(x))
    x.effort = parse_enum<reasoning_effort>(settings.text("reasoning_effort"));
}

} // namespace

collaboration_mode mode_of(const thread_config& x) {
  collaboration_mode result{
    .mode = x.mode,
    .settings = {.model = x.model, .reasoning_effort = x.effort, .developer_instructions = {}}};
  if (!x.mode_instructions.empty())
    result.settings.developer_instructions = x.mode_instructions.str();
  return result;
}

void set_mode(thread_config& x, const collaboration_mode& mode) {
  x.mode = mode.mode;
  if (!mode.settings.model.empty())
    x.model = mode.settings.model;
  x.effort = mode.settings.reasoning_effort;
  x.mode_instructions = text_of(mode.settings.developer_instructions);
}

void set_identity(thread_config& x, const identity_mask& mask) {
  auto now = mode_of(x);
  now.settings = applied(mask.settings, std::move(now.settings));
  set_mode(x, now);
  x.identity = mask.kind ? mask.kind : x.identity;
  x.access = mask.capabilities.write_tools ? tool_access::full : tool_access::read_only;
}

void leave_mode(thread_config& x) {
  x.mode = mode_kind::default_mode;
  if (!x.identity)
    x.mode_instructions = {};
}

sandbox_policy effective_sandbox(const thread_config& x) {
  return x.access == tool_access::full ? x.sandbox_policy : sandbox_policy{};
}

std::string mode_json(const thread_config& x) {
  std::string result;
  json_writer out{result};
  out.begin_object().member("mode", to_text(x.mode)).key("settings").begin_object();
  out.member("model", x.model).key("reasoning_effort");
  if (x.effort)
    out.text(to_text(*x.effort));
  else
    out.null();
  out.key("developer_instructions");
  if (x.mode_instructions.empty())
    out.null();
  else
    out.text(x.mode_instructions.view());
  out.end_object().end_object();
  return result;
}

std::string identity_json(const thread_config& x) {
  if (!x.identity)
    return {};
  std::string result;
  json_writer out{result};
  out.begin_object().member("kind", to_text(*x.identity));
  out.key("write_tools").boolean(x.access == tool_access::full).end_object();
  return result;
}

void restore_mode(thread_config& x, std::string_view turn_context_json) {
  if (!has_plain_mode(x))
    return;
  const json_document document{turn_context_json};
  if (!document.root())
    return;
  object_reader context{*document.root()};
  if (const auto* recorded = context.optional_object("collaboration_mode")) {
    object_reader mode{*recorded};
    x.mode = parse_mode_kind(mode.text("mode")).value_or(mode_kind::default_mode);
    if (const auto* of_mode = mode.optional_object("settings"))
      restore_settings(x, *of_mode);
  }
  if (const auto* recorded = context.optional_object("identity")) {
    object_reader identity{*recorded};
    x.identity = parse_enum<identity_kind>(identity.text("kind"));
    x.access = access_of(identity);
  }
}

} // namespace troupe::codex_thread
