#define CAF_SUITE call_table
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/call_table.hpp"

#include <string>
#include <vector>

using troupe::model_client::call_table;

SCENARIO("a call leaves the table exactly once") {
  call_table<std::string> table{10};
  const auto number = table.next_number();
  CHECK_EQ(table.add(number, "a"), "a");
  REQUIRE(table.find(number) != nullptr);
  *table.find(number) = "b";
  CHECK(table.take(number) == "b");
  CHECK(!table.take(number));
  CHECK(table.find(number) == nullptr);
}

SCENARIO("the table is full at its limit, and has room again after a call has left") {
  call_table<int> table{2};
  const auto first = table.next_number();
  table.add(first, 1);
  CHECK(!table.is_full());
  table.add(table.next_number(), 2);
  CHECK(table.is_full());
  CHECK_EQ(table.size(), 2u);
  table.take(first);
  CHECK(!table.is_full());
}

SCENARIO("numbers are never used twice") {
  call_table<int> table{2};
  const auto first = table.next_number();
  table.add(first, 1);
  table.take(first);
  CHECK(table.next_number() != first);
}

SCENARIO("all calls can be changed, and taken at once") {
  call_table<int> table{5};
  table.add(table.next_number(), 0);
  table.add(table.next_number(), 1);
  table.for_each([](int& x) { ++x; });
  int sum = 0;
  table.take_all([&sum](int x) { sum += x; });
  CHECK_EQ(sum, 3);
  CHECK_EQ(table.size(), 0u);
}
