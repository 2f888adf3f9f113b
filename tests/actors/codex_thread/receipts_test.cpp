#define CAF_SUITE receipts
#include <caf/test/bdd_dsl.hpp>

#include "actors/codex_thread/receipts.hpp"

using troupe::codex_thread::receipts;

SCENARIO("the thread counts, and leaves out what callers have used") {
  GIVEN("a caller's submission with the number 1") {
    receipts uut;
    uut.remember("1", "1");
    WHEN("the thread gives ids") {
      std::vector<std::string> given;
      for (int i = 0; i < 3; ++i) {
        given.push_back(uut.next_id());
        uut.use_next_id();
      }
      THEN("that number is not among them, and a look uses up none") {
        CHECK_EQ(given, (std::vector<std::string>{"0", "2", "3"}));
        CHECK_EQ(uut.next_id(), uut.next_id());
      }
      THEN("its own numbers are known as such, the caller's is a repetition") {
        CHECK(uut.is_given("0"));
        CHECK(uut.is_given("3"));
        CHECK(!uut.is_given("4"));
        CHECK(!uut.is_given("03"));
        CHECK_EQ(uut.find("1"), std::optional<std::string>{"1"});
        CHECK(!uut.find("3"));
      }
    }
  }
}

SCENARIO("a receipt is found again as long as it is among the last 4,096") {
  GIVEN("so many submissions with ids, the first of which joined a turn") {
    receipts uut;
    uut.remember("first", "some turn");
    uut.remember("77", "77");
    for (std::size_t i = 2; i < receipts::max_remembered; ++i)
      uut.remember("id " + std::to_string(i), "id " + std::to_string(i));
    CHECK_EQ(uut.find("first"), std::optional<std::string>{"some turn"});
    WHEN("two more come") {
      uut.remember("one more", "one more");
      uut.remember("and another", "and another");
      THEN("the oldest are forgotten, and all others known") {
        CHECK(!uut.find("first"));
        CHECK(!uut.find("77"));
        CHECK_EQ(uut.find("id 2"), std::optional<std::string>{"id 2"});
        CHECK_EQ(uut.find("one more"), std::optional<std::string>{"one more"});
      }
      THEN("a forgotten number is still never given") {
        CHECK_EQ(uut.next_id(), "78");
      }
    }
  }
}

SCENARIO("a caller cannot push the thread's numbers to their end") {
  for (const auto* last : {"18446744073709551615", "18446744073709551614", "9223372036854775808"}) {
    receipts uut;
    uut.use_next_id();
    uut.remember(last, last);
    CHECK_EQ(uut.find(last), std::optional<std::string>{last});
    for (std::size_t i = 0; i < receipts::max_remembered; ++i)
      uut.remember("id " + std::to_string(i), "id " + std::to_string(i));
    CHECK(!uut.find(last));
    CHECK_EQ(uut.next_id(), "1");
  }
}
