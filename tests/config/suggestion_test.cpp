#define CAF_SUITE suggestion
#include <caf/test/bdd_dsl.hpp>

#include "config/suggestion.hpp"

#include <vector>

using namespace troupe::config;

SCENARIO("a suggestion names what was meant, or what there is") {
  const std::vector<std::string_view> known = {"message", "run", "call"};
  CHECK_EQ(suggestion("mesage", known), "; did you mean \"message\"?");
  CHECK_EQ(suggestion("rnu", known), "; did you mean \"run\"?");
  CHECK_EQ(suggestion("unrelated", known), "; known are message, run, call");
  CHECK_EQ(suggestion("x", {}), "");
  CHECK_EQ(suggestion(std::string(10'000, 'x'), known), "; known are message, run, call");
}
