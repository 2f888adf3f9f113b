#define CAF_SUITE facts_cache
#include <caf/test/bdd_dsl.hpp>

#include "actors/models_manager/facts_cache.hpp"

using namespace troupe;
using troupe::models_manager::facts_cache;

namespace {

get_model_info question(std::string slug) {
  return {.slug = std::move(slug), .overrides = {}};
}

model_facts answer(std::string text) {
  model_facts result;
  result.instructions = shared_text{std::move(text)};
  return result;
}

} // namespace

SCENARIO("an answer is found by its whole question") {
  facts_cache cache;
  cache.add(question("a"), answer("x"));
  REQUIRE(cache.find(question("a")) != nullptr);
  CHECK_EQ(cache.find(question("a"))->instructions.str(), "x");
  CHECK(cache.find(question("b")) == nullptr);
  auto other = question("a");
  other.overrides.context_window = 5;
  CHECK(cache.find(other) == nullptr);
}

SCENARIO("the least recently used answer goes first") {
  facts_cache cache{2};
  cache.add(question("a"), answer("a"));
  cache.add(question("b"), answer("b"));
  CHECK(cache.find(question("a")) != nullptr);
  cache.add(question("c"), answer("c"));
  CHECK_EQ(cache.size(), 2u);
  CHECK(cache.find(question("a")) != nullptr);
  CHECK(cache.find(question("b")) == nullptr);
  CHECK(cache.find(question("c")) != nullptr);
}
