#define CAF_SUITE models_listing
#include <caf/test/bdd_dsl.hpp>

#include "apps/models/model_listing.hpp"

using namespace troupe;
using namespace troupe::models;

namespace {

model_list two_models() {
  model_preset first{.model = "best",
                     .display_name = "Best",
                     .description = "Writes \"code\".",
                     .default_effort = reasoning_effort::medium,
                     .efforts = {{reasoning_effort::low, "fast"}, {reasoning_effort::high, ""}},
                     .is_default = true,
                     .show_in_picker = true};
  model_preset hidden{.model = "a-hidden-model", .display_name = "Hidden"};
  hidden.supported_in_api = false;
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
  CHECK_EQ(model_json(two_models(), shown_models::all),
           R"({"models":[{"model":"best","display_name":"Best","description":"Writes \"code\".",)"
           R"("default_effort":"medium","efforts":[{"effort":"low","description":"fast"},)"
           R"({"effort":"high","description":""}],"is_default":true,"show_in_picker":true,)"
           R"("supported_in_api":true},{"model":"a-hidden-model","display_name":"Hidden",)"
           R"("description":"","default_effort":"none","efforts":[],"is_default":false,)"
           R"("show_in_picker":false,"supported_in_api":false}]})"
           "\n");
  CHECK_EQ(model_json({}, shown_models::all), "{\"models\":[]}\n");
}
