#define CAF_SUITE thread_settings
#include <caf/test/bdd_dsl.hpp>

#include "actors/node_root/thread_settings.hpp"

#include <algorithm>

using namespace troupe;
using namespace troupe::node_root;

namespace {

config::config settings() {
  config::config x;
  x.cwd = "/project/here";
  x.model_provider_id = "mine";
  x.model_provider.stream_max_retries = 7;
  return x;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

} // namespace

SCENARIO("a thread's settings are those of the configuration") {
  auto from = settings();
  from.model = "m1";
  from.model_reasoning_effort = reasoning_effort::high;
  from.model_verbosity = verbosity::low;
  from.developer_instructions = "Be kind.";
  from.base_instructions = "You are it.";
  from.sandbox_policy.mode = sandbox_mode::workspace_write;
  from.model_context_window = 1000;
  from.model_auto_compact_token_limit = 900;
  from.tool_output_token_limit = 50;
  const auto x =
    make_thread_config(from, {.kind = source_kind::exec}, "codex_exec", "Read this first.");
  CHECK_EQ(x.model, "m1");
  CHECK_EQ(x.provider, "mine");
  CHECK_EQ(x.cwd, "/project/here");
  CHECK(x.effort == reasoning_effort::high);
  CHECK(x.verbosity == verbosity::low);
  CHECK_EQ(x.developer_instructions.str(), "Be kind.");
  CHECK_EQ(x.base_instructions.str(), "You are it.");
  CHECK_EQ(x.user_instructions.str(), "Read this first.");
  CHECK(x.sandbox_policy == from.sandbox_policy);
  CHECK(x.context_window == 1000);
  CHECK(x.auto_compact_token_limit == 900);
  CHECK(x.tool_output_token_limit == 50);
  CHECK_EQ(x.stream_max_retries, 7u);
  CHECK_EQ(x.originator, "codex_exec");
  CHECK(x.source.kind == source_kind::exec);
}

SCENARIO("what the configuration leaves open stays open for the model to decide") {
  const auto x = make_thread_config(settings(), {}, "o", "");
  CHECK_EQ(x.model, "");
  CHECK(!x.effort);
  CHECK(!x.verbosity);
  CHECK(!x.context_window);
  CHECK(x.summary == reasoning_summary::automatic);
  CHECK(x.base_instructions.str().empty());
}

SCENARIO("features travel as the names of those that are on") {
  config::feature_set x;
  x.set(config::feature::unified_exec, config::feature_switch::enable);
  x.set(config::feature::shell_tool, config::feature_switch::disable);
  const auto names = feature_names(x);
  CHECK(contains(names, "unified_exec"));
  CHECK(!contains(names, "shell_tool"));
  const auto again = feature_set_of(names);
  for (const auto& entry : config::all_features())
    CHECK_EQ(again.enabled(entry.id), x.enabled(entry.id));
}

SCENARIO("names of features that do not exist are ignored") {
  const auto x = feature_set_of({"no_such_feature", "unified_exec"});
  CHECK_EQ(feature_names(x), std::vector<std::string>{"unified_exec"});
}

SCENARIO("threads with equal settings share the text of their tools") {
  const auto config = make_thread_config(settings(), {}, "o", "");
  const model_info model;
  const auto first = tools_json(model, config);
  const auto second = tools_json(model, config);
  CHECK(first.str().starts_with("["));
  CHECK_EQ(&first.str(), &second.str());
}

SCENARIO("experimental features that are on are named to the provider, in their order") {
  auto from = settings();
  CHECK_EQ(make_thread_config(from, {}, "o", "").origin.beta_features, "");
  for (const auto x : {config::feature::apps, config::feature::shell_snapshot,
                       config::feature::undo, config::feature::runtime_metrics})
    from.features.set(x, config::feature_switch::enable);
  CHECK_EQ(make_thread_config(from, {}, "o", "").origin.beta_features, "shell_snapshot,apps");
}

SCENARIO("a WebSocket needs a feature and a provider that has one") {
  struct row {
    bool provider;
    bool v1;
    bool v2;
    model_transport expected;
  };
  for (const auto& x : {
         row{true, false, false, model_transport::http},
         row{true, true, false, model_transport::websocket_v1},
         row{true, false, true, model_transport::websocket_v2},
         row{true, true, true, model_transport::websocket_v2},
         row{false, true, true, model_transport::http},
       }) {
    auto from = settings();
    from.model_provider.supports_websockets = x.provider;
    if (x.v1)
      from.features.set(config::feature::responses_websockets, config::feature_switch::enable);
    if (x.v2)
      from.features.set(config::feature::responses_websockets_v2, config::feature_switch::enable);
    CHECK(make_thread_config(from, {}, "o", "").origin.transport == x.expected);
  }
}

SCENARIO("compression and timings follow their features") {
  auto from = settings();
  const auto usual = make_thread_config(from, {}, "o", "").origin;
  CHECK(usual.compression);
  CHECK(!usual.timing_metrics);
  from.features.set(config::feature::enable_request_compression, config::feature_switch::disable);
  from.features.set(config::feature::runtime_metrics, config::feature_switch::enable);
  const auto changed = make_thread_config(from, {}, "o", "").origin;
  CHECK(!changed.compression);
  CHECK(changed.timing_metrics);
}

SCENARIO("only the provider named exactly OpenAI compacts by itself") {
  auto from = settings();
  for (const auto* name : {"OpenAI (test)", "openai", ""}) {
    from.model_provider.name = name;
    CHECK(!make_thread_config(from, {}, "o", "").remote_compaction);
  }
  from.model_provider.name = "OpenAI";
  CHECK(make_thread_config(from, {}, "o", "").remote_compaction);
}

SCENARIO("only Azure is sent the ids of items") {
  auto from = settings();
  CHECK(!make_thread_config(from, {}, "o", "").item_ids);
  from.model_provider.name = "Azure";
  CHECK(make_thread_config(from, {}, "o", "").item_ids);
}

SCENARIO("the prompt for compactions is trimmed") {
  auto from = settings();
  CHECK(make_thread_config(from, {}, "o", "").compact_prompt.empty());
  from.compact_prompt = "  Sum it up.\n";
  CHECK_EQ(make_thread_config(from, {}, "o", "").compact_prompt.str(), "Sum it up.");
}

SCENARIO("mode and identity of the configuration are those of the thread") {
  auto from = settings();
  from.model = "m";
  from.model_reasoning_effort = reasoning_effort::high;
  auto x = make_thread_config(from, {}, "o", "");
  CHECK(x.mode == mode_kind::default_mode);
  CHECK(!x.identity);
  CHECK(x.access == tool_access::full);
  CHECK(x.mode_instructions.empty());
  from.collaboration_mode = mode_kind::plan;
  x = make_thread_config(from, {}, "o", "");
  CHECK(x.mode == mode_kind::plan);
  CHECK(x.effort == reasoning_effort::medium);
  CHECK_EQ(x.model, "m");
  CHECK(!x.mode_instructions.empty());
  const auto plan = x.mode_instructions;
  from.identity = identity_kind::explorer;
  x = make_thread_config(from, {}, "o", "");
  CHECK(x.mode == mode_kind::plan);
  CHECK(x.identity == identity_kind::explorer);
  CHECK(x.access == tool_access::read_only);
  CHECK(x.effort == reasoning_effort::low);
  CHECK(!(x.mode_instructions == plan));
}

SCENARIO("tools follow what the thread may do") {
  auto config = make_thread_config(settings(), {}, "o", "");
  model_info model;
  model.apply_patch_tool_type = patch_tool_type::freeform;
  CHECK(tools_json(model, config).view().find("apply_patch") != std::string_view::npos);
  config.access = tool_access::read_only;
  CHECK(tools_json(model, config).view().find("apply_patch") == std::string_view::npos);
}

SCENARIO("what a thread knows of a provider is what the configuration says of it") {
  config::provider provider;
  provider.name = "OpenAI";
  provider.stream_max_retries = 7;
  provider.supports_websockets = true;
  const thread_provider openai{.id = "p",
                               .stream_max_retries = 7,
                               .supports_websockets = true,
                               .item_ids = false,
                               .remote_compaction = true};
  CHECK(make_thread_provider("p", provider) == openai);
  provider.name = "Azure";
  CHECK(make_thread_provider("p", provider).item_ids);
  CHECK(!make_thread_provider("p", provider).remote_compaction);
}
