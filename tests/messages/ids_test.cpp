#define CAF_SUITE ids
#include <caf/test/bdd_dsl.hpp>

#include "messages/ids.hpp"

#include <set>
#include <unordered_set>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

const std::chrono::system_clock::time_point moment{1'770'455'704'120ms};

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

} // namespace

SCENARIO("a new id has the layout of a version 7 UUID") {
  const auto id = make_thread_id(moment, 0, 0);
  CHECK_EQ(to_string(id), "019c3762-2238-7000-8000-000000000000");
  const auto full = make_thread_id(moment, ~0ULL, ~0ULL);
  CHECK_EQ(to_string(full), "019c3762-2238-7fff-bfff-ffffffffffff");
}

SCENARIO("ids sort by their time") {
  const auto early = make_thread_id(moment, ~0ULL, ~0ULL);
  const auto late = make_thread_id(moment + 1ms, 0, 0);
  CHECK_LT(early, late);
  CHECK_LT(to_string(early), to_string(late));
}

SCENARIO("an id of now is of now and unlike the next one") {
  std::unordered_set<thread_id> seen;
  const auto before = make_thread_id(std::chrono::system_clock::now(), 0, 0);
  for (int i = 0; i < 1000; ++i)
    seen.insert(new_thread_id());
  const auto after = make_thread_id(std::chrono::system_clock::now(), ~0ULL, ~0ULL);
  CHECK_EQ(seen.size(), 1000u);
  for (const auto& id : seen)
    if (id < before || id > after)
      CAF_FAIL(to_string(id) << " is not of now");
}

SCENARIO("printed ids parse back") {
  const auto id = new_thread_id();
  CHECK_EQ(parse_thread_id(to_string(id)), id);
}

SCENARIO("any UUID is an id, in either case") {
  const auto lower = parse_thread_id("019c3762-2225-4c31-9a4e-5d0f6b7a8c21");
  const auto upper = parse_thread_id("019C3762-2225-4C31-9A4E-5D0F6B7A8C21");
  REQUIRE(lower.has_value());
  CHECK_EQ(lower, upper);
  CHECK_EQ(to_string(*upper), "019c3762-2225-4c31-9a4e-5d0f6b7a8c21");
  CHECK(parse_thread_id("00000000-0000-0000-0000-000000000000").has_value());
}

SCENARIO("other texts are no ids") {
  for (const auto* text :
       {"", "019c3762", "019c3762222574c319a4e5d0f6b7a8c21", "019c3762-2225-7c31-9a4e-5d0f6b7a8c2",
        "019c3762-2225-7c31-9a4e-5d0f6b7a8c211", "019c3762-2225-7c31-9a4e-5d0f6b7a8c2g",
        "019c3762+2225-7c31-9a4e-5d0f6b7a8c21", "{19c3762-2225-7c31-9a4e-5d0f6b7a8c2}",
        "-019c376-2225-7c31-9a4e-5d0f6b7a8c21"})
    if (parse_thread_id(text))
      CAF_FAIL("accepted " << text);
  CHECK(true);
}

SCENARIO("an item id is a version 4 UUID") {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const auto id = new_item_id();
    REQUIRE_EQ(id.size(), 36u);
    CHECK_EQ(id[14], '4');
    CHECK(id[19] == '8' || id[19] == '9' || id[19] == 'a' || id[19] == 'b');
    for (std::size_t at = 0; at < id.size(); ++at)
      if (at == 8 || at == 13 || at == 18 || at == 23 ? id[at] != '-' : !is_hex(id[at]))
        CAF_FAIL("no UUID: " << id);
    seen.insert(id);
  }
  CHECK_EQ(seen.size(), 100u);
}
