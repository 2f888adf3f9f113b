#define CAF_SUITE shared_text
#include <caf/test/bdd_dsl.hpp>

#include "messages/shared_text.hpp"

using namespace troupe;

SCENARIO("copies of a text share it") {
  const shared_text original{"instructions"};
  const auto copy = original;
  CHECK_EQ(original.pointer(), copy.pointer());
  CHECK_EQ(copy.view(), "instructions");
  CHECK_EQ(copy.size(), 12u);
}

SCENARIO("texts compare by what they say") {
  CHECK_EQ(shared_text{"a"}, shared_text{"a"});
  CHECK_NE(shared_text{"a"}, shared_text{"b"});
  CHECK_EQ(shared_text{""}, shared_text{});
}

SCENARIO("an empty text holds nothing") {
  const shared_text empty{std::string{}};
  CHECK(empty.empty());
  CHECK(!empty.pointer());
  CHECK_EQ(empty.str(), "");
  CHECK_EQ(empty.view(), "");
}

SCENARIO("a shared value is never null and compares by content") {
  const shared_value<std::string> by_default;
  CHECK_EQ(*by_default, "");
  CHECK_EQ(shared_value<std::string>{"x"}, shared_value<std::string>{"x"});
  CHECK_NE(shared_value<std::string>{"x"}, by_default);
}
