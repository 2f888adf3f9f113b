#include "actors/codex_thread/session_core.hpp"

#include "messages/json/event_json.hpp"
#include "messages/json/item_json.hpp"
#include "messages/json/source_json.hpp"

#include <boost/json.hpp>

#include <utility>

namespace troupe::codex_thread {

namespace {

template <wire_enum Enum>
boost::json::value nullable(const std::optional<Enum>& x) {
  return x ? boost::json::value(to_text(*x)) : boost::json::value(nullptr);
}

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

boost::json::object collaboration_mode_json(const session_core& core) {
  return {{"mode", "default"},
          {"settings",
           {{"model", core.model.info->slug},
            {"reasoning_effort", nullable(core.config.effort)},
            {"developer_instructions", nullptr}}}};
}

} // namespace

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

std::string turn_context_json(const session_core& core, const shared_text& output_schema_json) {
  const auto& config = core.config;
  boost::json::object x{{"cwd", config.cwd},
                        {"approval_policy", to_text(config.approval_policy)},
                        {"sandbox_policy", to_json(config.sandbox_policy)},
                        {"model", core.model.info->slug}};
  if (config.personality)
    x["personality"] = to_text(*config.personality);
  x["collaboration_mode"] = collaboration_mode_json(core);
  if (config.effort)
    x["effort"] = to_text(*config.effort);
  x["summary"] = to_text(config.summary);
  const auto& truncation = core.model.info->truncation_policy;
  x["truncation_policy"] = {{"mode", to_text(truncation.mode)}, {"limit", truncation.limit}};
  auto text = boost::json::serialize(x);
  if (!output_schema_json.empty()) {
    // The schema is finished JSON already: it goes in as it is.
    text.pop_back();
    text += ",\"final_output_json_schema\":" + output_schema_json.str() + '}';
  }
  return text;
}

model_request base_request(const session_core& core) {
  const auto& info = *core.model.info;
  const auto& config = core.config;
  model_request x;
  x.thread = core.id;
  x.provider = config.provider;
  x.model = info.slug;
  x.instructions_json = core.model.instructions_json;
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
  x.origin = config.origin;
  x.origin.subagent = subagent_label(config.source);
  return x;
}

tool_context make_tool_context(const session_core& core) {
  return {.cwd = core.config.cwd,
          .approval_policy = core.config.approval_policy,
          .sandbox_policy = core.config.sandbox_policy,
          .environment = core.config.environment,
          .truncation = core.model.info->truncation_policy};
}

} // namespace troupe::codex_thread
