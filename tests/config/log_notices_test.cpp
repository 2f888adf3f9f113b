#define CAF_SUITE log_notices
#include <caf/test/bdd_dsl.hpp>

#include "config/log_notices.hpp"

#include <string>

using troupe::log::notice_limit;
using namespace std::chrono_literals;

SCENARIO("of each kind the first is said at once, then one in a while with a count") {
  notice_limit x;
  const notice_limit::clock::time_point start{};
  CHECK_EQ(x.admit("a", start + 1s), std::optional<std::size_t>{0});
  CHECK_EQ(x.admit("b", start + 1s), std::optional<std::size_t>{0});
  CHECK_EQ(x.admit("a", start + 2s), std::nullopt);
  CHECK_EQ(x.admit("a", start + 3s), std::nullopt);
  CHECK_EQ(x.admit("a", start + 12s), std::optional<std::size_t>{2});
  CHECK_EQ(x.admit("a", start + 30s), std::optional<std::size_t>{0});
}

SCENARIO("a flood of kinds is one kind") {
  notice_limit x;
  const notice_limit::clock::time_point start{};
  std::size_t said = 0;
  for (int i = 0; i < 10'000; ++i)
    said += x.admit(std::to_string(i), start + 1s).has_value();
  CHECK_EQ(said, notice_limit::max_kinds + 1);
}
