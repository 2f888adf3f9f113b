#define CAF_SUITE models_listing
#include <caf/test/bdd_dsl.hpp>

#include "apps/models/model_listing.hpp"

#include <algorithm>

using namespace troupe;
using namespace troupe::models;

namespace {

model_list two_models() {
  model_preset first{.model = "best",
                     .model_provider_id = "openai",
                     .display_name = "Best",
                     .description = "Writes \"code\".",
                     .default_effort = reasoning_effort::medium,
                     .efforts = {{reasoning_effort::low, "fast"}, {reasoning_effort::high, ""}},
                     .supports_personality = true,
                     .is_default = true,
                     .show_in_picker = true};
  model_preset hidden{.model = "a-hidden-model", .display_name = "Hidden"};
  hidden.supported_in_api = false;
  hidden.accepts_images = false;
  hidden.upgrade = preset_upgrade{.id = "best", .migration_config_key = "a-hidden-model"};
  return {.models = {first, hidden}};
}

} // namespace

SCENARIO("the table has a line per model and marks the default") {
  CHECK_EQ(model_table(two_models(), shown_models::offered),
           "MODEL   EFFORT  EFFORTS    DESCRIPTION\n"
           "best *  medium  low, high  Writes \"code\".\n"
           "1 more with --all\n");
}

SCENARIO("hidden models are shown when all are wanted") {
  CHECK_EQ(model_table(two_models(), shown_models::all),
           "MODEL           EFFORT  EFFORTS    DESCRIPTION\n"
           "best *          medium  low, high  Writes \"code\".\n"
           "a-hidden-model  none\n");
}

SCENARIO("the JSON form has everything") {
  CHECK_EQ(
    model_json(two_models(), shown_models::all),
    R"({"models":[{"model":"best","model_provider":"openai","display_name":"Best",)"
    R"("description":"Writes \"code\".","default_effort":"medium",)"
    R"("efforts":[{"effort":"low","description":"fast"},{"effort":"high","description":""}],)"
    R"("supports_personality":true,"is_default":true,"upgrade":null,"show_in_picker":true,)"
    R"("supported_in_api":true,"input_modalities":["text","image"]},)"
    R"({"model":"a-hidden-model","model_provider":"","display_name":"Hidden","description":"",)"
    R"("default_effort":"none","efforts":[],"supports_personality":false,"is_default":false,)"
    R"("upgrade":"best","show_in_picker":false,"supported_in_api":false,)"
    R"("input_modalities":["text"]}]})"
    "\n");
  CHECK_EQ(model_json({}, shown_models::all), "{\"models\":[]}\n");
}

SCENARIO("one model is shown as a session knows it") {
  model_info x;
  x.slug = "m";
  x.display_name = "M";
  x.context_window = 100'000;
  x.supported_reasoning_levels = {{reasoning_effort::low, ""}, {reasoning_effort::high, ""}};
  x.default_reasoning_level = reasoning_effort::low;
  x.apply_patch_tool_type = patch_tool_type::freeform;
  CHECK_EQ(model_text(x, model_origin::listed), "model           m\n"
                                                "name            M\n"
                                                "known from      the list of models\n"
                                                "context window  100000 tokens\n"
                                                "usable of it    95000 tokens\n"
                                                "compacted at    90000 tokens\n"
                                                "efforts         low, high (default low)\n"
                                                "tool output     10000 bytes\n"
                                                "shell tool      default\n"
                                                "patch tool      freeform\n"
                                                "parallel tools  no\n"
                                                "summaries       no\n"
                                                "verbosity       not adjustable\n"
                                                "personality     no\n"
                                                "images          yes\n");
  x.context_window.reset();
  const auto assumed = model_text(x, model_origin::assumed);
  CHECK(assumed.find("known from      its name only") != std::string::npos);
  CHECK(assumed.find("context window  unknown") != std::string::npos);
}

SCENARIO("one model as JSON is the contract's object, on one line") {
  model_info x;
  x.slug = "m";
  x.base_instructions = shared_text{"Be [brief]."};
  const auto text = model_info_json(x);
  CHECK(text.starts_with("{\"slug\":\"m\","));
  CHECK(text.ends_with("}\n"));
  CHECK(text.find("Be [brief].") != std::string::npos);
  CHECK_EQ(std::ranges::count(text, '\n'), 1);
}
