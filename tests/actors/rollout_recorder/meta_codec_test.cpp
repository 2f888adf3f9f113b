#define CAF_SUITE meta_codec
#include <caf/test/bdd_dsl.hpp>

#include "actors/rollout_recorder/meta_codec.hpp"

#include "tests/actors/rollout_recorder/rollout_samples.hpp"

using namespace troupe;
using namespace troupe::rollout_recorder;
using troupe::test::sample_meta;
using troupe::test::sample_thread;

namespace {

session_meta original() {
  auto meta = sample_meta(sample_thread(1));
  meta.originator = "codex_cli_rs";
  return meta;
}

meta_context at_start(std::optional<git_facts> git = {}) {
  return {test::sample_time, "0.1.0", std::move(git)};
}

} // namespace

SCENARIO("session_meta is written with the contract's keys in its order") {
  auto meta = original();
  meta.forked_from_id = sample_thread(2);
  CHECK_EQ(meta_json(meta, at_start(git_facts{"7d1f", "main", "https://example.org/demo.git"})),
           R"({"id":"00000000-0000-4000-8000-000000000001",)"
           R"("forked_from_id":"00000000-0000-4000-8000-000000000002",)"
           R"("timestamp":"2026-02-07T09:15:04.120Z","cwd":"/nowhere/demo",)"
           R"("originator":"codex_cli_rs","cli_version":"0.1.0","source":"cli",)"
           R"("model_provider":"openai",)"
           R"("base_instructions":{"text":"You are a coding agent."},)"
           R"("git":{"commit_hash":"7d1f","branch":"main",)"
           R"("repository_url":"https://example.org/demo.git"}})");
}

SCENARIO("what is not known is null or left out as the contract has it") {
  auto meta = original();
  meta.source_json = {};
  meta.model_provider = {};
  meta.base_instructions = {};
  CHECK_EQ(meta_json(meta, at_start()), R"({"id":"00000000-0000-4000-8000-000000000001",)"
                                        R"("timestamp":"2026-02-07T09:15:04.120Z",)"
                                        R"("cwd":"/nowhere/demo","originator":"codex_cli_rs",)"
                                        R"("cli_version":"0.1.0","source":"vscode",)"
                                        R"("model_provider":null,"base_instructions":null})");
}

SCENARIO("inside a repository git is present even if nothing is known of it") {
  CHECK(meta_json(original(), at_start(git_facts{})).ends_with(R"("git":{}})"));
}

SCENARIO("a source that is no JSON does not break the line") {
  auto meta = original();
  meta.source_json = "}{";
  CHECK_EQ(parse_meta(meta_json(meta, at_start())).value().source, "unknown");
}

SCENARIO("text is escaped") {
  auto meta = original();
  meta.cwd = "/a \"b\"\n";
  CHECK_EQ(parse_meta(meta_json(meta, at_start())).value().cwd, meta.cwd);
}

SCENARIO("what is written reads back") {
  const auto meta =
    parse_meta(meta_json(original(), at_start(git_facts{std::nullopt, "main", std::nullopt})));
  CHECK((meta == recorded_meta{.thread = sample_thread(1),
                               .timestamp = "2026-02-07T09:15:04.120Z",
                               .cwd = "/nowhere/demo",
                               .source = "cli",
                               .model_provider = "openai",
                               .cli_version = "0.1.0",
                               .git_branch = "main"}));
}

SCENARIO("everything but the id may be missing or strange") {
  const auto meta = parse_meta(R"({"id":"00000000-0000-4000-8000-000000000001","cwd":7,)"
                               R"("git":"none","instructions":null,"model_provider":null})");
  REQUIRE(meta.has_value());
  CHECK_EQ(meta->source, "vscode");
  CHECK_EQ(meta->cwd, "");
  CHECK_EQ(meta->model_provider, "");
  for (const auto* text : {"", "{}", "[]", R"({"id":1})", R"({"id":"x"})", "not json"})
    CHECK(!parse_meta(text));
}

SCENARIO("sources read as text") {
  const auto source_of = [](std::string_view json) {
    return parse_meta(
             fmt::format(R"({{"id":"00000000-0000-4000-8000-000000000001","source":{}}})", json))
      .value()
      .source;
  };
  CHECK_EQ(source_of(R"("exec")"), "exec");
  CHECK_EQ(source_of(R"("never heard of")"), "unknown");
  CHECK_EQ(source_of(R"({"subagent":"review"})"), "subagent_review");
  CHECK_EQ(source_of("null"), "vscode");
}
