#define CAF_SUITE features

#include "config/features.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace troupe::config;

namespace {

std::string override_for(std::string_view key, feature_switch to) {
  const auto result = feature_override(key, to);
  const auto* error = std::get_if<config_error>(&result);
  return error ? to_string(*error) : std::get<std::string>(result);
}

} // namespace

SCENARIO("every feature is found by its key and starts at its default") {
  const feature_set defaults;
  for (const auto& entry : all_features()) {
    CHECK(find_feature(entry.key) == entry.id);
    CHECK_EQ(defaults.enabled(entry.id), entry.enabled_by_default);
  }
}

SCENARIO("exactly the contract's features are on by default") {
  std::vector<std::string> on;
  for (const auto& entry : all_features())
    if (entry.enabled_by_default)
      on.emplace_back(entry.key);
  const std::vector<std::string> expected{"shell_tool",
                                          "unified_exec",
                                          "request_rule",
                                          "collaboration_modes",
                                          "steer",
                                          "personality",
                                          "remote_models",
                                          "enable_request_compression",
                                          "skill_mcp_dependency_install"};
  CHECK_EQ(on, expected);
}

SCENARIO("stages print as the feature list shows them") {
  CHECK_EQ(to_text(feature_stage::under_development), "under development");
  CHECK_EQ(to_text(feature_stage::experimental), "experimental");
  CHECK_EQ(to_text(feature_stage::stable), "stable");
  CHECK_EQ(to_text(feature_stage::deprecated), "deprecated");
  CHECK(all_features()[static_cast<std::size_t>(feature::undo)].stage == feature_stage::stable);
  CHECK(all_features()[static_cast<std::size_t>(feature::remote_models)].stage ==
        feature_stage::under_development);
}

SCENARIO("old names of features still count") {
  CHECK(find_feature("connectors") == feature::apps);
  CHECK(find_feature("experimental_use_unified_exec_tool") == feature::unified_exec);
  CHECK(find_feature("experimental_use_freeform_apply_patch") == feature::apply_patch_freeform);
  CHECK(find_feature("include_apply_patch_tool") == feature::apply_patch_freeform);
  CHECK(find_feature("web_search") == feature::web_search_request);
  CHECK(find_feature("enable_experimental_windows_sandbox") ==
        feature::experimental_windows_sandbox);
  CHECK(!find_feature("nonsense"));
}

SCENARIO("--enable and --disable stand for an override and refuse unknown features") {
  CHECK_EQ(override_for("undo", feature_switch::enable), "features.undo=true");
  CHECK_EQ(override_for("steer", feature_switch::disable), "features.steer=false");
  CHECK_EQ(override_for("warp", feature_switch::enable), "Error: Unknown feature flag: warp");
}
