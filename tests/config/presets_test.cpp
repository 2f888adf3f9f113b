#define CAF_SUITE presets

#include "config/presets.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <algorithm>

using namespace troupe;
using namespace troupe::config;

namespace {

using slugs = std::vector<std::string>;

slugs names(std::span<const model_preset> presets) {
  slugs result;
  for (const auto& x : presets)
    result.push_back(x.model);
  return result;
}

slugs defaults(std::span<const model_preset> presets) {
  slugs result;
  for (const auto& x : presets)
    if (x.is_default)
      result.push_back(x.model);
  return result;
}

model_info a_model(std::string_view slug, std::int32_t priority, model_visibility visibility) {
  auto x = fallback_model(slug);
  x.priority = priority;
  x.visibility = visibility;
  return x;
}

std::string mapping(const model_preset& x) {
  std::string result;
  for (const auto& [from, to] : x.upgrade->reasoning_effort_mapping.value())
    result += to_string(from) + ">" + to_string(to) + " ";
  return result;
}

const slugs builtin_order{
  "gpt-5.2-codex", "gpt-5.1-codex-max", "gpt-5.1-codex-mini", "gpt-5.2", "bengalfox", "boomslang",
  "gpt-5-codex",   "gpt-5-codex-mini",  "gpt-5.1-codex",      "gpt-5",   "gpt-5.1"};

constexpr auto list = model_visibility::list;
constexpr auto hide = model_visibility::hide;

} // namespace

SCENARIO("the built-in presets are those of the contract, the first one default") {
  CHECK_EQ(names(builtin_presets()), builtin_order);
  CHECK_EQ(defaults(builtin_presets()), slugs{"gpt-5.2-codex"});
  std::string rows;
  for (const auto& x : builtin_presets())
    rows += std::to_string(x.efforts.size()) + (x.show_in_picker ? "p" : "") +
            (x.supports_personality ? "f" : "") + (x.upgrade ? "u" : "") + " ";
  CHECK_EQ(rows, "4pf 4pu 2pu 4pu 4f 4 3u 2u 3u 4u 3u ");
  for (const auto& x : builtin_presets()) {
    CHECK(x.default_effort == reasoning_effort::medium);
    CHECK(x.supported_in_api);
    CHECK(x.accepts_images);
    if (x.upgrade) {
      CHECK_EQ(x.upgrade->id, "gpt-5.2-codex");
      CHECK_EQ(x.upgrade->migration_config_key, "gpt-5.2-codex");
      CHECK_EQ(x.upgrade->model_link.value_or(""),
               "https://openai.com/index/introducing-gpt-5-2-codex");
      CHECK(!x.upgrade->reasoning_effort_mapping);
    }
  }
}

SCENARIO("the list without a network is bundled models, then the two nobody names") {
  const slugs expected{"gpt-5.2-codex",      "gpt-5.2",   "gpt-5.1-codex-max", "gpt-5.1-codex",
                       "gpt-5.1-codex-mini", "gpt-5.1",   "gpt-5-codex",       "gpt-5",
                       "gpt-5-codex-mini",   "bengalfox", "boomslang"};
  for (const auto login : {login_kind::api_key, login_kind::chatgpt, login_kind::none}) {
    const auto presets = list_presets(bundled_catalogue(), login);
    CHECK_EQ(names(presets), expected);
    CHECK_EQ(defaults(presets), slugs{"gpt-5.2-codex"});
    CHECK(!presets.front().supports_personality);
  }
}

SCENARIO("without remote models the built-in presets stay as they are") {
  const auto presets = list_presets({}, login_kind::none);
  CHECK_EQ(names(presets), builtin_order);
  CHECK_EQ(defaults(presets), slugs{"gpt-5.2-codex"});
}

SCENARIO("priority sorts, stably, and a negative one comes first") {
  const catalogue remote{a_model("a", 5, list), a_model("b", -10000, list), a_model("c", 5, list)};
  const auto presets = list_presets(remote, login_kind::chatgpt);
  CHECK_EQ(presets.at(0).model, "b");
  CHECK_EQ(presets.at(1).model, "a");
  CHECK_EQ(presets.at(2).model, "c");
  CHECK_EQ(presets.at(3).model, "gpt-5.2-codex");
  CHECK_EQ(defaults(presets), slugs{"b"});
}

SCENARIO("a hidden model is listed first but is not the default") {
  const catalogue remote{a_model("hidden", -2, hide), a_model("shown", -1, list)};
  const auto presets = list_presets(remote, login_kind::api_key);
  CHECK_EQ(presets.front().model, "hidden");
  CHECK(!presets.front().show_in_picker);
  CHECK_EQ(defaults(presets), slugs{"shown"});
  CHECK_EQ(default_model(presets), "shown");
}

SCENARIO("only a ChatGPT login sees models that the API does not offer") {
  auto x = a_model("inner", -1, list);
  x.supported_in_api = false;
  CHECK_EQ(list_presets({&x, 1}, login_kind::chatgpt).front().model, "inner");
  CHECK_EQ(list_presets({&x, 1}, login_kind::api_key).front().model, "gpt-5.2-codex");
  CHECK_EQ(list_presets({&x, 1}, login_kind::none).front().model, "gpt-5.2-codex");
}

SCENARIO("when everything is hidden the first is the default") {
  auto remote = bundled_catalogue();
  for (auto& x : remote)
    x.visibility = hide;
  const auto presets = list_presets(remote, login_kind::chatgpt);
  CHECK_EQ(defaults(presets), slugs{"gpt-5.2-codex"});
  CHECK(!presets.front().show_in_picker);
}

SCENARIO("the default of a list without marks is its first, of an empty list nothing") {
  const std::vector<model_preset> unmarked{to_preset(fallback_model("a")),
                                           to_preset(fallback_model("b"))};
  CHECK_EQ(default_model(unmarked), "a");
  CHECK_EQ(default_model({}), "");
}

SCENARIO("a model becomes a preset field by field") {
  auto x = a_model("m", 3, list);
  auto y = to_preset(x);
  CHECK_EQ(y.id, "m");
  CHECK_EQ(y.description, "");
  CHECK(y.default_effort == reasoning_effort::none);
  CHECK(!y.is_default);
  CHECK(y.show_in_picker);
  CHECK(!y.upgrade);
  x.visibility = model_visibility::none;
  x.accepts_images = false;
  CHECK(!to_preset(x).show_in_picker);
  CHECK(!to_preset(x).accepts_images);
  CHECK(to_preset(fallback_model("bengalfox")).supports_personality);
}

SCENARIO("an upgrade maps each effort to the model's nearest own one, the first on a tie") {
  auto x = a_model("m", 3, list);
  x.upgrade = model_upgrade{"n", "text"};
  const auto level = [](reasoning_effort e) { return reasoning_level{e, ""}; };
  using enum reasoning_effort;
  x.supported_reasoning_levels = {level(medium), level(high)};
  CHECK_EQ(mapping(to_preset(x)),
           "none>medium minimal>medium low>medium medium>medium high>high xhigh>high ");
  x.supported_reasoning_levels = {level(low), level(medium), level(high)};
  CHECK_EQ(mapping(to_preset(x)),
           "none>low minimal>low low>low medium>medium high>high xhigh>high ");
  x.supported_reasoning_levels = {level(high), level(low)};
  CHECK_EQ(mapping(to_preset(x)), "none>low minimal>low low>low medium>high high>high xhigh>high ");
  CHECK_EQ(to_preset(x).upgrade->id, "n");
  CHECK_EQ(to_preset(x).upgrade->migration_config_key, "m");
  CHECK_EQ(to_preset(x).upgrade->migration_markdown.value_or(""), "text");
  x.supported_reasoning_levels.clear();
  CHECK(!to_preset(x).upgrade->reasoning_effort_mapping);
}
