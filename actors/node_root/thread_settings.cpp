#include "actors/node_root/thread_settings.hpp"

#include "actors/codex_thread/session_core.hpp"
#include "actors/codex_thread/thread_mode.hpp"
#include "actors/tool_runner/root_identities.hpp"
#include "actors/tool_runner/tool_specs.hpp"
#include "config/modes.hpp"
#include "config/text_file.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <utility>

namespace troupe::node_root {

namespace {

/// Keys of the experimental features that are on (contract responses-client.md 4.2).
std::string beta_features(const config::feature_set& x) {
  std::string keys;
  for (const auto& entry : config::all_features()) {
    if (entry.stage != config::feature_stage::experimental || !x.enabled(entry.id))
      continue;
    if (!keys.empty())
      keys += ',';
    keys += entry.key;
  }
  return keys;
}

request_origin make_origin(const config::config& x) {
  return {.turn = {},
          .beta_features = beta_features(x.features),
          .turn_metadata = {},
          .subagent = {},
          .compression = x.features.enabled(config::feature::enable_request_compression),
          .timing_metrics = x.features.enabled(config::feature::runtime_metrics)};
}

const collaboration_mask& mask_of(mode_kind x) {
  return *std::ranges::find(config::builtin_modes(), std::optional{x}, &collaboration_mask::mode);
}

/// A plan needs another way of working, an identity brings its own; nothing is set where nothing
/// was asked for.
void adopt_agent(thread_config& x, const config::config& from) {
  if (from.collaboration_mode == mode_kind::plan)
    codex_thread::set_mode(x, applied(mask_of(mode_kind::plan), codex_thread::mode_of(x)));
  if (from.identity)
    codex_thread::set_identity(x, config::identity_mask_of(*from.identity));
}

} // namespace

thread_config make_thread_config(const config::config& from, const session_source& source,
                                 std::string originator, std::string user_instructions) {
  thread_config x;
  x.model = from.model.value_or("");
  x.cwd = from.cwd.string();
  x.approval_policy = from.approval_policy;
  x.sandbox_policy = from.sandbox_policy;
  x.effort = from.model_reasoning_effort;
  x.summary = from.model_reasoning_summary.value_or(reasoning_summary::automatic);
  x.verbosity = from.model_verbosity;
  x.service_tier = from.service_tier;
  x.personality = from.personality;
  x.base_instructions = shared_text{from.base_instructions.value_or("")};
  x.user_instructions = shared_text{std::move(user_instructions)};
  x.developer_instructions = shared_text{from.developer_instructions.value_or("")};
  x.environment = from.shell_environment_policy;
  x.web_search = from.web_search;
  adopt_agent(x, from);
  x.context_window = from.model_context_window;
  x.auto_compact_token_limit = from.model_auto_compact_token_limit;
  x.tool_output_token_limit = from.tool_output_token_limit;
  x.supports_reasoning_summaries = from.model_supports_reasoning_summaries;
  x.features = feature_names(from.features);
  x.origin = make_origin(from);
  codex_thread::adopt_provider(x,
                               make_thread_provider(from.model_provider_id, from.model_provider));
  if (from.compact_prompt)
    x.compact_prompt = shared_text{std::string{config::trimmed(*from.compact_prompt)}};
  x.originator = std::move(originator);
  x.source = source;
  return x;
}

void note_roots(thread_config& x) {
  const auto* tmpdir = std::getenv("TMPDIR");
  x.roots = shared_value{
    tool_runner::identify_roots(x.sandbox_policy, x.cwd, tmpdir == nullptr ? "" : tmpdir)};
}

thread_provider make_thread_provider(const std::string& id, const config::provider& from) {
  return {.id = id,
          .stream_max_retries = from.stream_max_retries,
          .supports_websockets = from.supports_websockets,
          .item_ids = config::is_azure(from),
          .remote_compaction = config::is_openai(from)};
}

std::vector<std::string> feature_names(const config::feature_set& x) {
  std::vector<std::string> names;
  for (const auto& entry : config::all_features())
    if (x.enabled(entry.id))
      names.emplace_back(entry.key);
  return names;
}

config::feature_set feature_set_of(const std::vector<std::string>& names) {
  config::feature_set result;
  for (const auto& entry : config::all_features())
    result.set(entry.id, config::feature_switch::disable);
  for (const auto& name : names)
    if (auto id = config::find_feature(name))
      result.set(*id, config::feature_switch::enable);
  return result;
}

shared_text tools_json(const model_info& model, const thread_config& config) {
  thread_local std::map<tool_runner::tool_set, shared_text> known;
  const auto offered = tool_runner::offered_tools(feature_set_of(config.features), model,
                                                  config.web_search, config.access);
  auto [it, is_new] = known.try_emplace(offered);
  if (is_new)
    it->second = shared_text{tool_runner::tool_specs_json(offered)};
  return it->second;
}

} // namespace troupe::node_root
