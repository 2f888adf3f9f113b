#define CAF_SUITE loader

#include "tests/config/loading.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace troupe;
using namespace troupe::config;
using namespace troupe::config::test;

namespace {

struct fixture : config_fixture {
  /// The first line of the error after the introduction, without the path.
  std::string user_error(std::string_view text) const {
    user_file(text);
    const auto prefix = "Error loading config.toml:\n" + (home / "config.toml").string() + ":";
    const auto full = error();
    if (!full.starts_with(prefix))
      return full;
    return full.substr(prefix.size(), full.find('\n', prefix.size()) - prefix.size());
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("an empty home gives the built-in defaults") {
  const auto x = loaded();
  CHECK(!x.model);
  CHECK_EQ(x.model_provider_id, "openai");
  CHECK_EQ(x.model_provider.name, "OpenAI");
  CHECK_EQ(x.model_provider.http_headers.at("version"), "1.2.3");
  CHECK(x.personality == personality::pragmatic);
  CHECK(x.web_search == web_search_mode::cached);
  CHECK_EQ(x.project_docs.max_bytes, 32768U);
  CHECK(x.shell_environment_policy == shell_environment_policy{});
  CHECK(x.history.save);
  CHECK(x.features == feature_set{});
  CHECK(!x.unbounded_connection_retries);
  CHECK(x.warnings.empty());
}

SCENARIO("the model's settings are read") {
  user_file(R"(
model = "m"
review_model = "r"
model_reasoning_effort = "xhigh"
model_reasoning_summary = "detailed"
model_verbosity = "high"
service_tier = "flex"
model_context_window = 1000
model_auto_compact_token_limit = 900
model_supports_reasoning_summaries = true
tool_output_token_limit = 50
personality = "friendly"
model_catalog_json = "cat.json"
chatgpt_base_url = "http://c"
)");
  const auto x = loaded();
  CHECK_EQ(x.model.value_or(""), "m");
  CHECK_EQ(x.review_model.value_or(""), "r");
  CHECK(x.model_reasoning_effort == reasoning_effort::xhigh);
  CHECK(x.model_reasoning_summary == reasoning_summary::detailed);
  CHECK(x.model_verbosity == verbosity::high);
  CHECK_EQ(x.service_tier, "flex");
  CHECK(x.model_context_window == 1000);
  CHECK(x.model_auto_compact_token_limit == 900);
  CHECK(x.model_supports_reasoning_summaries == true);
  CHECK(x.tool_output_token_limit == 50);
  CHECK(x.personality == personality::friendly);
  CHECK_EQ(x.model_catalog_json->string(), (home / "cat.json").string());
  CHECK_EQ(x.chatgpt_base_url, "http://c");
}

SCENARIO("who threads are is a setting, and what was asked for by name stands above it") {
  CHECK(!loaded().identity);
  CHECK(loaded().collaboration_mode == mode_kind::default_mode);
  user_file("identity = 'explorer'\ncollaboration_mode = 'plan'\n");
  CHECK(loaded().identity == identity_kind::explorer);
  CHECK(loaded().collaboration_mode == mode_kind::plan);
  request.typed.identity = identity_kind::programmer;
  request.typed.collaboration_mode = mode_kind::default_mode;
  CHECK(loaded().identity == identity_kind::programmer);
  CHECK(loaded().collaboration_mode == mode_kind::default_mode);
}

SCENARIO("sandbox and shell settings are read") {
  user_file(R"(
sandbox_mode = "workspace-write"
allow_login_shell = false
[sandbox_workspace_write]
writable_roots = ["/a", "b"]
network_access = true
exclude_tmpdir_env_var = true
exclude_slash_tmp = true
[shell_environment_policy]
inherit = "core"
ignore_default_excludes = false
exclude = ["A*"]
include_only = ["B*"]
set = {C = "1"}
)");
  request.typed.additional_writable_roots = {"../backend", "/abs"};
  const auto x = loaded();
  const std::vector<std::string> roots{"/a", (home / "b").string(),
                                       (disk.path() / "backend").string(), "/abs"};
  CHECK_EQ(x.sandbox_policy.writable_roots, roots);
  CHECK(x.sandbox_policy.network_access);
  CHECK(x.sandbox_policy.exclude_tmpdir_env_var);
  CHECK(x.sandbox_policy.exclude_slash_tmp);
  CHECK(!x.allow_login_shell);
  const shell_environment_policy shell{
    environment_inherit::core, false, {"A*"}, {{"C", "1"}}, {"B*"}};
  CHECK(x.shell_environment_policy == shell);
}

SCENARIO("writable roots count in workspace-write only") {
  user_file("sandbox_mode = 'read-only'\n[sandbox_workspace_write]\nwritable_roots = ['/a']\n");
  CHECK(loaded().sandbox_policy == sandbox_policy{});
}

SCENARIO("paths of -c resolve against the cwd") {
  request.overrides = {"sandbox_mode=workspace-write",
                       "sandbox_workspace_write.writable_roots=['x']"};
  CHECK_EQ(loaded().sandbox_policy.writable_roots.front(), (workspace / "x").string());
}

SCENARIO("instruction files are read, trimmed, and must not be empty") {
  disk.write("home/base.md", "\n  be good \n");
  CHECK_EQ(user_error("model_instructions_file = 'base.md'"), "loaded");
  CHECK_EQ(loaded().base_instructions.value_or(""), "be good");
  disk.write("home/empty.md", " \n");
  CHECK_EQ(user_error("model_instructions_file = 'empty.md'"),
           "1:27: `model_instructions_file` " + (home / "empty.md").string() + " is empty");
  CHECK(user_error("model_instructions_file = 'gone.md'").starts_with("1:27: cannot read "));
}

SCENARIO("typed instructions win, and the compaction prompt prefers the text to the file") {
  disk.write("home/c.md", "from file");
  user_file("developer_instructions = 'dev'\nexperimental_compact_prompt_file = 'c.md'\n");
  CHECK_EQ(loaded().developer_instructions.value_or(""), "dev");
  CHECK_EQ(loaded().compact_prompt.value_or(""), "from file");
  user_file("compact_prompt = 'text'\nexperimental_compact_prompt_file = 'c.md'\n");
  CHECK_EQ(loaded().compact_prompt.value_or(""), "text");
  request.typed.base_instructions = "b";
  request.typed.developer_instructions = "d";
  CHECK_EQ(loaded().base_instructions.value_or(""), "b");
  CHECK_EQ(loaded().developer_instructions.value_or(""), "d");
}

SCENARIO("the rest of the keys is read") {
  user_file(R"(
notify = ["n", "--x"]
hide_agent_reasoning = true
show_raw_agent_reasoning = true
forced_login_method = "api"
forced_chatgpt_workspace_id = "w"
thread_unload_delay_secs = 5
project_doc_max_bytes = 7
project_doc_fallback_filenames = ["F.md"]
project_root_markers = [".hg"]
[history]
persistence = "none"
max_bytes = 9
[agents]
max_threads = 3
[tools]
view_image = false
[tools.update_plan]
enabled = true
[features]
unbounded_connection_retries = true
)");
  const auto x = loaded();
  CHECK_EQ(x.notify.size(), 2U);
  CHECK(x.hide_agent_reasoning);
  CHECK(x.show_raw_agent_reasoning);
  CHECK(x.forced_login_method == login_method::api);
  CHECK_EQ(x.forced_chatgpt_workspaces, std::vector<std::string>{"w"});
  CHECK(x.thread_unload_delay == std::chrono::seconds{5});
  const project_doc_settings docs{7, {"F.md"}, {".hg"}};
  CHECK(x.project_docs == docs);
  CHECK(!x.history.save);
  CHECK(x.history.max_bytes == 9U);
  CHECK(x.agents_max_threads == 3U);
  CHECK(!x.view_image_tool);
  CHECK(x.update_plan_tool == true);
  CHECK(x.unbounded_connection_retries);
}

SCENARIO("unknown keys are ignored without a word") {
  user_file("no_such_key = 1\n[tool_rules]\nallow = ['git status']\n[features]\nwarp = true\n"
            "also = {a = 1}\n[tui]\nx = 1\n[mcp_servers.s]\ncommand = 'c'\n");
  CHECK(loaded().warnings.empty());
}

SCENARIO("a wrong type or value is an error with its place") {
  CHECK(user_error("identity = 'wizard'")
          .find("unknown value of `identity`; known are `nobody`, `planner`, `programmer`, "
                "`explorer`, `reviewer`") != std::string::npos);
  CHECK_EQ(user_error("model = 1"), "1:9: `model` must be a string, but is an integer");
  CHECK_EQ(user_error("\napproval_policy = 'always'"),
           "2:19: unknown value of `approval_policy`; known are `untrusted`, `on-failure`, "
           "`on-request`, `never`");
  CHECK_EQ(user_error("sandbox_mode = 'external-sandbox'"),
           "1:16: `sandbox_mode` must be `read-only`, `workspace-write` or `danger-full-access`");
  CHECK_EQ(user_error("sandbox_mode = 'open'"),
           "1:16: `sandbox_mode` must be `read-only`, `workspace-write` or `danger-full-access`");
  CHECK_EQ(user_error("[features]\nundo = 'yes'"),
           "2:8: `features.undo` must be a boolean, but is a string");
  CHECK_EQ(user_error("[agents]\nmax_threads = 0"),
           "2:15: `agents.max_threads` must be at least 1");
  CHECK_EQ(user_error("history = {persistence = 'some'}"),
           "1:26: `history.persistence` must be `save-all` or `none`");
  CHECK_EQ(user_error("model_context_window = -1"),
           "1:24: `model_context_window` must not be negative");
}

SCENARIO("a wrong type on the command line is told as one of the command line") {
  request.overrides = {"hide_agent_reasoning=maybe"};
  CHECK_EQ(error(),
           "Error parsing -c overrides: `hide_agent_reasoning` must be a boolean, but is a string");
}

SCENARIO("errors of -c come through") {
  request.overrides = {"model"};
  CHECK_EQ(error(), "Error parsing -c overrides: Invalid override (missing '='): model");
}

SCENARIO("typed overrides stand above everything") {
  user_file("model = 'u'\nmodel_provider = 'ollama'\napproval_policy = 'untrusted'\n"
            "sandbox_mode = 'read-only'\nmodel_reasoning_effort = 'low'\npersonality = 'none'\n"
            "show_raw_agent_reasoning = false\n");
  request.typed.model = "t";
  request.typed.model_provider = "lmstudio";
  request.typed.approval_policy = approval_policy::never;
  request.typed.sandbox_mode = sandbox_mode::workspace_write;
  request.typed.model_reasoning_effort = reasoning_effort::high;
  request.typed.personality = personality::friendly;
  request.typed.show_raw_agent_reasoning = true;
  const auto x = loaded();
  CHECK_EQ(x.model.value_or(""), "t");
  CHECK_EQ(x.model_provider_id, "lmstudio");
  CHECK(x.approval_policy == approval_policy::never);
  CHECK(x.sandbox_policy.mode == sandbox_mode::workspace_write);
  CHECK(x.model_reasoning_effort == reasoning_effort::high);
  CHECK(x.personality == personality::friendly);
  CHECK(x.show_raw_agent_reasoning);
}

SCENARIO("a local provider brings its model and raw reasoning") {
  user_file("model = 'u'\noss_provider = 'lmstudio'\n");
  request.typed.local_provider = "ollama";
  CHECK_EQ(loaded().model_provider_id, "ollama");
  CHECK_EQ(loaded().model.value_or(""), "gpt-oss:20b");
  CHECK(loaded().show_raw_agent_reasoning);
  request.typed.local_provider = "";
  CHECK_EQ(loaded().model_provider_id, "lmstudio");
  CHECK_EQ(loaded().model.value_or(""), "openai/gpt-oss-20b");
  request.typed.model = "mine";
  CHECK_EQ(loaded().model.value_or(""), "mine");
}

SCENARIO("web search follows its key, then the old switches, then the sandbox") {
  const auto mode = [&](std::string_view text) {
    user_file(text);
    return to_string(loaded().web_search);
  };
  CHECK_EQ(mode(""), "cached");
  CHECK_EQ(mode("sandbox_mode = 'danger-full-access'"), "live");
  CHECK_EQ(mode("web_search = 'disabled'\nsandbox_mode = 'danger-full-access'"), "disabled");
  CHECK_EQ(mode("web_search = 'indexed'"), "cached");
  CHECK_EQ(mode("tools = {web_search = true}"), "live");
  CHECK_EQ(mode("tools = {web_search = {context_size = 'low'}}"), "cached");
  CHECK_EQ(mode("features = {web_search_request = true}"), "live");
  CHECK_EQ(mode("features = {web_search_cached = true, web_search_request = true}"), "cached");
  CHECK_EQ(mode("web_search = 'disabled'\nfeatures = {web_search_request = true}"), "disabled");
}

SCENARIO("features come from their table after the old top-level switches") {
  user_file("experimental_use_unified_exec_tool = false\ninclude_apply_patch_tool = true\n"
            "[features]\nconnectors = true\n");
  CHECK(!loaded().features.enabled(feature::unified_exec));
  CHECK(loaded().features.enabled(feature::apply_patch_freeform));
  CHECK(loaded().features.enabled(feature::apps));
  user_file("experimental_use_unified_exec_tool = false\n[features]\nunified_exec = true\n");
  CHECK(loaded().features.enabled(feature::unified_exec));
  request.overrides = {"features.unified_exec=false"};
  CHECK(!loaded().features.enabled(feature::unified_exec));
}

SCENARIO("the personality is unset when its feature is off") {
  user_file("[features]\npersonality = false\n");
  CHECK(!loaded().personality);
}

SCENARIO("a granular approval table of the released binary counts as on-request") {
  user_file("[approval_policy.granular]\nrules = true\n");
  CHECK(loaded().approval_policy == approval_policy::on_request);
  CHECK_EQ(loaded().warnings.size(), 1U);
}

SCENARIO("the root of the working directory may end in a slash") {
  disk.make_folder("ws/.git");
  disk.write("ws/.codex/config.toml", "model = 'project'");
  trust(workspace);
  request.cwd = workspace.string() + "/";
  CHECK_EQ(loaded().model.value_or(""), "project");
}

SCENARIO("features under development give a warning, once, unless it is suppressed") {
  user_file("[features]\nmemory_tool = true\nsqlite = true\nremote_models = true\nundo = true\n"
            "runtime_metrics = false\n");
  CHECK_EQ(loaded().warnings, std::vector<std::string>{
                                "features under development are on and may not work: memory_tool, "
                                "sqlite; `suppress_unstable_features_warning = true` hides this"});
  request.overrides = {"suppress_unstable_features_warning=true"};
  CHECK(loaded().warnings.empty());
}

SCENARIO("originator and authorities come from the environment") {
  request.originator = "front_end";
  CHECK_EQ(loaded().originator, "front_end");
  CHECK(!loaded().ca_bundle);
  request.env = environment_of(
    {{"CODEX_INTERNAL_ORIGINATOR_OVERRIDE", "codex_sdk_ts"}, {"SSL_CERT_FILE", "/s.pem"}});
  CHECK_EQ(loaded().originator, "codex_sdk_ts");
  CHECK_EQ(loaded().ca_bundle->string(), "/s.pem");
  request.env = environment_of({{"CODEX_INTERNAL_ORIGINATOR_OVERRIDE", "a\nb"},
                                {"SSL_CERT_FILE", "/s.pem"},
                                {"CODEX_CA_CERTIFICATE", "c.pem"}});
  CHECK_EQ(loaded().originator, "front_end");
  CHECK_EQ(loaded().ca_bundle->string(), (workspace / "c.pem").string());
}

END_FIXTURE_SCOPE()
