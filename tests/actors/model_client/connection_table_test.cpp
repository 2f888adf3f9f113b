#define CAF_SUITE connection_table
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/connection_table.hpp"

#include <cstdint>

using namespace troupe;
using namespace troupe::model_client;

namespace {

using table = connection_table<std::uint64_t>;
using origin = table::origin;
using list = std::vector<std::uint64_t>;

thread_id thread(std::uint8_t n) {
  thread_id x;
  x.bytes[15] = n;
  return x;
}

const auto a = thread(1);
const auto b = thread(2);

} // namespace

SCENARIO("a prepared connection becomes the first turn's, once") {
  table x{10};
  CHECK(x.prepare(a, 7).empty());
  const auto first = x.find(a, "t1");
  CHECK_EQ(first.connection, 7u);
  CHECK(first.origin == origin::prepared_ahead);
  CHECK_EQ(x.find(a, "t1").connection, 7u);
  CHECK_EQ(x.find(a, "t2").connection, 0u);
  CHECK_EQ(x.find(b, "t1").connection, 0u);
}

SCENARIO("a newer prepared connection replaces an older one") {
  table x{10};
  x.prepare(a, 7);
  CHECK(x.prepare(a, 8) == list{7});
  CHECK_EQ(x.find(a, "t").connection, 8u);
}

SCENARIO("a turn's own connection serves that turn only") {
  table x{10};
  CHECK(x.open(a, "t1", 1).empty());
  CHECK(x.find(a, "t1").origin == origin::own);
  CHECK_EQ(x.find(a, "t2").connection, 0u);
  CHECK(x.open(a, "t2", 2) == list{1});
  CHECK_EQ(x.find(a, "t2").connection, 2u);
}

SCENARIO("the end of a turn closes its connection and not another turn's") {
  table x{10};
  x.open(a, "t1", 1);
  CHECK(x.close(a, "t2").empty());
  CHECK(x.close(a, "t1") == list{1});
  CHECK(x.close(a, "t1").empty());
  CHECK_EQ(x.size(), 0u);
}

SCENARIO("the end of a thread closes everything") {
  table x{10};
  x.open(a, "t1", 1);
  x.prepare(a, 2);
  x.open(b, "t1", 3);
  CHECK(x.close(a, "") == (list{1, 2}));
  CHECK_EQ(x.size(), 1u);
}

SCENARIO("a connection that has ended is forgotten") {
  table x{10};
  x.prepare(a, 1);
  x.remove(a, 1);
  CHECK_EQ(x.size(), 0u);
  CHECK_EQ(x.find(a, "t").connection, 0u);
  x.open(a, "t", 2);
  x.remove(a, 9);
  CHECK_EQ(x.find(a, "t").connection, 2u);
}

SCENARIO("what does not fit is given back") {
  table x{1};
  x.open(a, "t", 1);
  CHECK(x.open(b, "t", 2) == list{2});
  CHECK(x.prepare(b, 3) == list{3});
  CHECK(x.prepare(a, 4).empty());
  CHECK_EQ(x.take_all().size(), 2u);
  CHECK_EQ(x.size(), 0u);
}
