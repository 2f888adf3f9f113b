#define CAF_SUITE models_manager
#include <caf/test/bdd_dsl.hpp>

#include "actors/models_manager/models_manager_actor.hpp"

using namespace troupe;

namespace {

struct fixture : test_coordinator_fixture<> {
  models_manager_actor uut = models_manager::spawn(sys, {});

  fixture() { run(); }
  ~fixture() {
    self->send_exit(uut, caf::exit_reason::user_shutdown);
    run();
  }

  model_facts facts(const std::string& slug) {
    model_facts result;
    inject((get_model_info), from(self).to(uut).with(get_model_info{slug, {}}));
    self->receive([&](const model_facts& x) { result = x; });
    return result;
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a question about a model is answered at once") {
  CHECK_EQ(facts("gpt-5.2").info->slug, "gpt-5.2");
  CHECK_EQ(facts("").info->slug, "gpt-5.2-codex");
}

SCENARIO("two askers share the texts") {
  CHECK(facts("gpt-5.2").instructions_json.pointer() ==
        facts("gpt-5.2").instructions_json.pointer());
}

SCENARIO("the models are listed") {
  inject((list_models), from(self).to(uut).with(list_models{}));
  model_list list;
  self->receive([&](const model_list& x) { list = x; });
  REQUIRE_EQ(list.models.size(), 11u);
  CHECK(list.models.front().is_default);
}

END_FIXTURE_SCOPE()
