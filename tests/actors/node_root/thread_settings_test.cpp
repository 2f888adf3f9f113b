#define CAF_SUITE thread_settings
#include <caf/test/bdd_dsl.hpp>

#include "actors/node_root/thread_settings.hpp"

#include <algorithm>

using namespace troupe;
using namespace troupe::node_root;

namespace {

config::config settings() {
  config::config x;
  x.cwd = "/work/here";
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
  CHECK_EQ(x.cwd, "/work/here");
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
