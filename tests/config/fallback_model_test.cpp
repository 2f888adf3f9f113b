#define CAF_SUITE fallback_model

#include "config/bundled_instructions.hpp"
#include "config/catalogue.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace troupe;
using namespace troupe::config;

namespace {

/// What differs from the base values, as one line.
std::string differences(std::string_view slug) {
  const auto x = fallback_model(slug);
  std::string result;
  for (const auto* name : {"a", "b", "c", "d", "e", "e+patch"})
    if (bundled_instructions(name) == x.base_instructions)
      result += name;
  if (x.model_messages)
    result += " messages";
  if (x.apply_patch_tool_type)
    result += " patch:" + to_string(*x.apply_patch_tool_type);
  if (x.shell_type != shell_type::default_shell)
    result += " " + to_string(x.shell_type);
  if (x.supports_parallel_tool_calls)
    result += " parallel";
  if (x.supports_reasoning_summaries)
    result += " summaries";
  if (x.support_verbosity)
    result += " verbosity";
  if (x.default_verbosity)
    result += ":" + to_string(*x.default_verbosity);
  if (x.default_reasoning_level)
    result += " default:" + to_string(*x.default_reasoning_level);
  if (x.truncation_policy.mode == truncation_mode::tokens)
    result += " tokens";
  result += " levels:" + std::to_string(x.supported_reasoning_levels.size());
  for (const auto& tool : x.experimental_supported_tools)
    result += " " + tool;
  result += " " + (x.context_window ? std::to_string(*x.context_window) : "no window");
  return result;
}

} // namespace

SCENARIO("each row of the table has its values") {
  const std::vector<std::pair<std::string_view, std::string_view>> rows{
    {"o3", "e+patch summaries levels:3 200000"},
    {"o4-mini", "e+patch summaries levels:3 200000"},
    {"codex-mini-latest", "e+patch local summaries levels:3 200000"},
    {"gpt-4.1", "e+patch levels:3 1047576"},
    {"gpt-oss:20b", "e patch:function levels:3 96000"},
    {"openai/gpt-oss-20b", "e patch:function levels:3 96000"},
    {"gpt-4o", "e+patch levels:3 128000"},
    {"gpt-3.5", "e+patch levels:3 16385"},
    {"test-gpt-5", "c shell_command parallel summaries verbosity tokens levels:3 grep_files "
                   "list_dir read_file test_sync_tool 272000"},
    {"exp-codex",
     "a messages patch:freeform shell_command parallel summaries tokens levels:3 272000"},
    {"codex-1p",
     "a messages patch:freeform shell_command parallel summaries tokens levels:3 272000"},
    {"exp-x", "e patch:freeform unified_exec parallel summaries verbosity:low default:medium "
              "levels:3 272000"},
    {"gpt-5.2-codex",
     "a messages patch:freeform shell_command parallel summaries tokens levels:4 272000"},
    {"bengalfox",
     "a messages patch:freeform shell_command parallel summaries tokens levels:4 272000"},
    {"gpt-5.1-codex-max", "a patch:freeform shell_command summaries tokens levels:4 272000"},
    {"gpt-5-codex", "c patch:freeform shell_command summaries tokens levels:3 272000"},
    {"gpt-5.1-codex", "c patch:freeform shell_command summaries tokens levels:3 272000"},
    {"codex-x", "c patch:freeform shell_command summaries tokens levels:3 272000"},
    {"gpt-5.2", "b patch:freeform shell_command parallel summaries verbosity:low default:medium "
                "levels:4 272000"},
    {"boomslang", "b patch:freeform shell_command parallel summaries verbosity:low default:medium "
                  "levels:4 272000"},
    {"gpt-5.1", "d patch:freeform shell_command parallel summaries verbosity:low default:medium "
                "levels:3 272000"},
    {"gpt-5", "e+patch summaries verbosity levels:3 272000"},
    {"zzz", "e levels:0 no window"}};
  for (const auto& [slug, expected] : rows)
    CHECK_EQ(std::string{slug} + ": " + differences(slug),
             std::string{slug} + ": " + std::string{expected});
}

SCENARIO("the rest of the base values holds for every row") {
  for (const auto* slug : {"o3", "gpt-5.2-codex", "gpt-5", "zzz"}) {
    const auto x = fallback_model(slug);
    CHECK_EQ(x.slug, slug);
    CHECK_EQ(x.display_name, slug);
    CHECK(!x.description);
    CHECK(x.visibility == model_visibility::none);
    CHECK(x.supported_in_api);
    CHECK_EQ(x.priority, 99);
    CHECK(!x.upgrade);
    CHECK_EQ(x.truncation_policy.limit, 10'000);
    CHECK(!x.auto_compact_token_limit);
    CHECK_EQ(x.effective_context_window_percent, 95);
    CHECK(x.accepts_images);
  }
}

SCENARIO("prefixes count, with case, and only the last row is a guess") {
  CHECK_EQ(fallback_model("gpt-5.2-codex-foo").slug, "gpt-5.2-codex-foo");
  CHECK_EQ(differences("gpt-5.1-codex-mini"), differences("gpt-5.1-codex"));
  CHECK_EQ(differences("GPT-5"), differences("zzz"));
  CHECK(is_unknown_model("zzz"));
  CHECK(is_unknown_model(""));
  CHECK(!is_unknown_model("gpt-5-anything"));
  CHECK_EQ(differences("gpt-5.1"), differences("gpt-5.1-nano"));
}

SCENARIO("a model without a window never compacts by itself") {
  CHECK(!auto_compact_limit(fallback_model("zzz")));
  CHECK(auto_compact_limit(fallback_model("gpt-5")) == 244'800);
}
