#include "actors/codex_thread/session_core.hpp"

#include "actors/codex_thread/thread_mode.hpp"
#include "config/catalogue.hpp"
#include "messages/json/event_json.hpp"
#include "messages/json/item_json.hpp"
#include "messages/json/source_json.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <utility>

namespace troupe::codex_thread {

namespace {

std::string subagent_label(const session_source& x) {
  switch (x.kind) {
  case source_kind::subagent_review: return "review";
  case source_kind::subagent_compact: return "compact";
  case source_kind::subagent_thread_spawn: return "collab_spawn";
  case source_kind::subagent_other: return x.label;
  case source_kind::cli:
  case source_kind::vscode:
  case source_kind::exec:
  case source_kind::mcp:
  case source_kind::unknown: break;
  }
  return {};
}

/// Appends a finished JSON value as one more member of the object in `json`.
void append_member(std::string& json, std::string_view name, std::string_view value) {
  json.pop_back();
  json.append(",\"").append(name).append("\":").append(value) += '}';
}

} // namespace

context_facts session_core::facts() const {
  const auto& info = *model.info;
  return {.cwd = config.cwd,
          .shell = config.shell,
          .tmpdir = tmpdir,
          .sandbox = &sandbox,
          .approval = config.approval_policy,
          .user_instructions = config.user_instructions,
          .developer_instructions = config.developer_instructions,
          .mode = config.mode,
          .mode_instructions = config.mode_instructions,
          .model = info.slug,
          .model_instructions = model.instructions.view(),
          .personality = config.personality,
          .personality_spec = personality_spec_of(info, config.personality),
          .has_personality_in_instructions =
            config::supports_personality(info) && instructions == model.instructions};
}

void tell_tokens(const session_core& core, const std::string& turn, effects& out) {
  auto count = core.tokens.snapshot();
  out.write(line_kind::event, token_count_event_json(count));
  out.emit(turn, std::move(count));
}

void mark_window_full(session_core& core, const std::string& turn, effects& out) {
  if (const auto window = effective_context_window(*core.model.info))
    core.tokens.mark_full(*window);
  tell_tokens(core, turn, out);
}

std::int64_t tokens_in_use(const session_core& core) {
  return current_usage(core.tokens.last().total_tokens, core.history.items(),
                       core.earlier_reasoning);
}

bool needs_compaction(const session_core& core) {
  const auto limit = auto_compact_limit(*core.model.info);
  return limit && tokens_in_use(core) >= *limit;
}

void give_up_websocket(session_core& core) {
  core.config.origin.transport = model_transport::http;
}

bool has_feature(const thread_config& x, std::string_view name) {
  return std::find(x.features.begin(), x.features.end(), name) != x.features.end();
}

void adopt_provider(thread_config& config, const thread_provider& x) {
  config.provider = x.id;
  config.stream_max_retries = x.stream_max_retries;
  config.item_ids = x.item_ids;
  config.remote_compaction = x.remote_compaction;
  auto& transport = config.origin.transport;
  if (x.supports_websockets && has_feature(config, "responses_websockets_v2"))
    transport = model_transport::websocket_v2;
  else if (x.supports_websockets && has_feature(config, "responses_websockets"))
    transport = model_transport::websocket_v1;
  else
    transport = model_transport::http;
}

std::string turn_context_json(const session_core& core, const shared_text& output_schema_json) {
  const auto& config = core.config;
  boost::json::object x{{"cwd", config.cwd},
                        {"approval_policy", to_text(config.approval_policy)},
                        {"sandbox_policy", to_json(core.sandbox)},
                        {"model", core.model.info->slug}};
  if (config.personality)
    x["personality"] = to_text(*config.personality);
  if (config.effort)
    x["effort"] = to_text(*config.effort);
  x["summary"] = to_text(config.summary);
  const auto& truncation = core.model.info->truncation_policy;
  x["truncation_policy"] = {{"mode", to_text(truncation.mode)}, {"limit", truncation.limit}};
  auto text = boost::json::serialize(x);
  append_member(text, "collaboration_mode", mode_json(config));
  if (const auto identity = identity_json(config); !identity.empty())
    append_member(text, "identity", identity);
  if (!output_schema_json.empty())
    append_member(text, "final_output_json_schema", output_schema_json.view());
  return text;
}

model_request base_request(const session_core& core) {
  const auto& info = *core.model.info;
  const auto& config = core.config;
  model_request x;
  x.thread = core.id;
  x.provider = config.provider;
  x.model = info.slug;
  x.instructions_json = core.instructions_json;
  x.tools_json = core.tools_json;
  x.parallel_tool_calls = info.supports_parallel_tool_calls;
  x.reasoning = info.supports_reasoning_summaries;
  if (x.reasoning) {
    x.effort = config.effort ? config.effort : info.default_reasoning_level;
    if (config.summary != reasoning_summary::none)
      x.summary = config.summary;
  }
  if (info.support_verbosity)
    x.verbosity = config.verbosity ? config.verbosity : info.default_verbosity;
  x.service_tier = config.service_tier;
  x.origin = config.origin;
  x.origin.subagent = subagent_label(config.source);
  return x;
}

prompt_images images_for(const session_core& core) {
  return core.model.info->accepts_images ? prompt_images::kept : prompt_images::as_text;
}

tool_context make_tool_context(const session_core& core) {
  return {.cwd = core.config.cwd,
          .approval_policy = core.config.approval_policy,
          .sandbox_policy = core.sandbox,
          .roots = core.config.roots,
          .environment = core.config.environment,
          .truncation = core.model.info->truncation_policy,
          .access = core.config.access,
          .mode = core.config.mode};
}

} // namespace troupe::codex_thread
