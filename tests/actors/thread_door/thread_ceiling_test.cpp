#define CAF_SUITE thread_ceiling
#include <caf/test/bdd_dsl.hpp>

#include "actors/thread_door/thread_ceiling.hpp"

#include <functional>

using namespace troupe;
using namespace troupe::thread_door;

namespace {

ceiling some_ceiling() {
  ceiling x;
  x.own.cwd = "/srv/node";
  x.own.model = "own-model";
  x.own.provider = "own";
  x.own.stream_max_retries = 3;
  x.own.shell = "zsh";
  x.own.features = {"one"};
  x.own.environment.inherit = environment_inherit::core;
  x.limits.roots = {"/srv/shared", "/tmp"};
  x.limits.providers = {"second"};
  x.providers = {{.id = "second",
                  .stream_max_retries = 9,
                  .supports_websockets = false,
                  .item_ids = true,
                  .remote_compaction = false}};
  return x;
}

thread_config asked(const std::function<void(thread_config&)>& change = {}) {
  thread_config x;
  x.cwd = "/srv/node";
  x.sandbox_policy.mode = sandbox_mode::danger_full_access;
  x.sandbox_policy.network_access = true;
  x.sandbox_policy.writable_roots = {"/srv/shared", "/", "/etc", "/srv/shared/below", "/srv/node/"};
  x.environment.set = {{"LD_PRELOAD", "/x"}};
  x.shell = "/bin/evil";
  x.features = {"two"};
  x.approval_policy = approval_policy::on_request;
  if (change)
    change(x);
  return x;
}

thread_config clamped(const thread_config& x, const ceiling& limit = some_ceiling()) {
  const auto result = clamp(x, limit);
  if (const auto* problem = std::get_if<std::string>(&result))
    CAF_FAIL("refused: " << *problem);
  return std::get<thread_config>(result);
}

bool is_refused(const thread_config& x, const ceiling& limit = some_ceiling()) {
  return std::holds_alternative<std::string>(clamp(x, limit));
}

} // namespace

SCENARIO("the sandbox is never more than the ceiling's") {
  using enum sandbox_mode;
  struct row {
    sandbox_mode asked, limit, given;
  };
  const row rows[] = {{danger_full_access, read_only, read_only},
                      {external_sandbox, read_only, read_only},
                      {workspace_write, read_only, read_only},
                      {read_only, danger_full_access, read_only},
                      {workspace_write, danger_full_access, workspace_write},
                      {external_sandbox, workspace_write, workspace_write},
                      {danger_full_access, workspace_write, workspace_write},
                      {danger_full_access, danger_full_access, danger_full_access}};
  for (const auto& x : rows) {
    auto limit = some_ceiling();
    limit.limits.sandbox = x.limit;
    const auto config = clamped(asked([&](auto& c) { c.sandbox_policy.mode = x.asked; }), limit);
    CHECK_EQ(config.sandbox_policy.mode, x.given);
    CHECK(!config.sandbox_policy.network_access);
    const override_turn_context change{.sandbox_policy = sandbox_policy{.mode = x.asked}};
    const auto op_of = [&](op y) { return std::get<op>(clamp(std::move(y), limit)); };
    CHECK_EQ(std::get<override_turn_context>(op_of(change)).sandbox_policy->mode, x.given);
    CHECK_EQ(std::get<user_turn>(op_of(user_turn{change, {}})).settings.sandbox_policy->mode,
             x.given);
  }
}

SCENARIO("only the very roots of the node are writable, and /tmp only as one of them") {
  auto limit = some_ceiling();
  limit.limits.sandbox = sandbox_mode::workspace_write;
  limit.limits.network_access = true;
  const auto policy = clamped(asked(), limit).sandbox_policy;
  CHECK_EQ(policy.writable_roots, (std::vector<std::string>{"/srv/shared", "/srv/node/"}));
  CHECK(policy.network_access);
  CHECK(policy.exclude_tmpdir_env_var);
  CHECK(!policy.exclude_slash_tmp);
  limit.limits.roots = {"/srv/shared"};
  CHECK(clamped(asked(), limit).sandbox_policy.exclude_slash_tmp);
}

SCENARIO("a thread works in a root or nowhere") {
  for (const auto* cwd : {"", "/srv/node", "/srv/shared", "/srv/./shared/", "/tmp"})
    CHECK(!is_refused(asked([&](auto& x) { x.cwd = cwd; })));
  for (const auto* cwd : {"/", "/etc", "/srv", "/srv/shared/link", "/srv/shared/../../etc"}) {
    CHECK(is_refused(asked([&](auto& x) { x.cwd = cwd; })));
    CHECK(std::holds_alternative<std::string>(
      clamp(op{override_turn_context{.cwd = cwd}}, some_ceiling())));
  }
}

SCENARIO("what runs tools and talks to providers is the node's own") {
  const auto own = some_ceiling().own;
  const auto config = clamped(asked([](auto& x) {
    x.stream_max_retries = 1'000'000;
    x.originator = "somebody";
  }));
  CHECK_EQ(config.environment, own.environment);
  CHECK_EQ(config.shell, own.shell);
  CHECK_EQ(config.features, own.features);
  CHECK_EQ(config.provider, "own");
  CHECK_EQ(config.stream_max_retries, own.stream_max_retries);
  CHECK_EQ(config.originator, own.originator);
  CHECK_EQ(config.approval_policy, approval_policy::never);
}

SCENARIO("providers and models are those of the lists") {
  const auto second = clamped(asked([](auto& x) { x.provider = "second"; }));
  CHECK_EQ(second.provider, "second");
  CHECK_EQ(second.stream_max_retries, 9u);
  CHECK(is_refused(asked([](auto& x) { x.provider = "third"; })));
  CHECK_EQ(clamped(asked([](auto& x) { x.model = "any"; })).model, "any");
  auto limit = some_ceiling();
  limit.limits.models = {"own-model"};
  CHECK_EQ(clamped(asked(), limit).model, "own-model");
  CHECK(is_refused(asked([](auto& x) { x.model = "any"; }), limit));
  CHECK(
    std::holds_alternative<std::string>(clamp(op{override_turn_context{.model = "any"}}, limit)));
  collaboration_mode mode;
  mode.settings.model = "any";
  CHECK(std::holds_alternative<std::string>(
    clamp(op{user_turn{{.collaboration_mode = mode}, {}}}, limit)));
  identity_mask mask;
  mask.settings.model = "any";
  CHECK(
    std::holds_alternative<std::string>(clamp(op{override_turn_context{.identity = mask}}, limit)));
}

SCENARIO("a node that only reads lends no write tools") {
  auto limit = some_ceiling();
  limit.own.access = tool_access::read_only;
  CHECK_EQ(clamped(asked(), limit).access, tool_access::read_only);
}

SCENARIO("no turn brings back that a peer approves its own commands") {
  const override_turn_context change{.approval_policy = approval_policy::on_request};
  const auto limit = some_ceiling();
  const auto alone = std::get<op>(clamp(op{change}, limit));
  CHECK(std::get<override_turn_context>(alone).approval_policy == approval_policy::never);
  const auto turn = std::get<op>(clamp(op{user_turn{change, {}}}, limit));
  CHECK(std::get<user_turn>(turn).settings.approval_policy == approval_policy::never);
}

SCENARIO("a thread may search the web less than the node's own, never more") {
  auto limit = some_ceiling();
  limit.own.web_search = web_search_mode::cached;
  const auto given = [&](web_search_mode wanted) {
    return clamped(asked([&](auto& x) { x.web_search = wanted; }), limit).web_search;
  };
  CHECK_EQ(given(web_search_mode::live), web_search_mode::cached);
  CHECK_EQ(given(web_search_mode::disabled), web_search_mode::disabled);
}
