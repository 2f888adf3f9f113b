#define CAF_SUITE model_settings

// What settings say about lists of models.
#include <caf/test/bdd_dsl.hpp>

#include "tests/config/loading.hpp"

using namespace troupe::config;
using namespace troupe::config::test;

namespace {

using choices = std::vector<model_choice>;

} // namespace

BEGIN_FIXTURE_SCOPE(config_fixture)

SCENARIO("the models of all profiles are known, whichever is selected") {
  user_file("model = \"m\"\n[profiles.a]\nmodel = \"x\"\nmodel_provider = \"p\"\n"
            "[profiles.b]\nmodel = \"y\"\n[profiles.c]\napproval_policy = \"never\"\n");
  const auto x = loaded();
  CHECK(x.profile_models == (choices{{"x", "p"}, {"y", std::nullopt}}));
}

SCENARIO("a mistake in a profile that is not selected stops nobody") {
  user_file("[profiles]\na = 1\n[profiles.b]\nmodel = 3\n[profiles.c]\nmodel = \"z\"\n"
            "model_provider = 7\n");
  CHECK(loaded().profile_models == (choices{{"z", std::nullopt}}));
}

SCENARIO("it is known whether the provider was chosen or is the default") {
  CHECK(!loaded().names_model_provider);
  user_file("model_provider = \"openai\"\n");
  CHECK(loaded().names_model_provider);
}

SCENARIO("a provider may say that it has no list of models") {
  user_file("[model_providers.a]\nname = \"A\"\nlists_models = false\n"
            "[model_providers.b]\nname = \"B\"\n");
  const auto x = loaded();
  CHECK(!x.model_providers.at("a").lists_models);
  CHECK(x.model_providers.at("b").lists_models);
  CHECK(x.model_providers.at("openai").lists_models);
}

END_FIXTURE_SCOPE()
