#define CAF_SUITE outbox
#include <caf/test/bdd_dsl.hpp>

#include "actors/telemetry/outbox.hpp"
#include "actors/telemetry/span.hpp"

using namespace troupe::telemetry;
using span_outbox = outbox<span>;
using enum span_outbox::urgency;

namespace {

/// Spans numbered from `first` in their ids.
std::vector<span> spans(std::size_t first, std::size_t count) {
  std::vector<span> result(count);
  for (std::size_t i = 0; i < count; ++i) {
    result[i].id[0] = static_cast<std::uint8_t>((first + i) >> 8);
    result[i].id[1] = static_cast<std::uint8_t>(first + i);
  }
  return result;
}

std::size_t number(const span& x) {
  return static_cast<std::size_t>(x.id[0]) << 8 | x.id[1];
}

} // namespace

SCENARIO("a full batch goes at once, what is less when asked for") {
  span_outbox uut;
  uut.add(spans(0, span_outbox::max_batch - 1));
  CHECK(uut.next(full_batch).empty());
  uut.add(spans(0, 2));
  CHECK_EQ(uut.next(full_batch).size(), span_outbox::max_batch);
  uut.on_accepted();
  CHECK(uut.next(full_batch).empty());
  CHECK_EQ(uut.next(whatever_is_there).size(), 1u);
}

SCENARIO("one batch is under way at a time") {
  span_outbox uut;
  uut.add(spans(0, 2 * span_outbox::max_batch));
  CHECK_EQ(number(uut.next(full_batch).front()), 0u);
  CHECK(uut.is_sending());
  CHECK(uut.next(whatever_is_there).empty());
  uut.on_accepted();
  CHECK(!uut.is_sending());
  CHECK_EQ(number(uut.next(full_batch).front()), span_outbox::max_batch);
}

SCENARIO("the oldest spans make room for new ones, and are counted") {
  span_outbox uut;
  uut.add(spans(0, span_outbox::max_queued + 3));
  CHECK_EQ(uut.lost(), 3u);
  CHECK_EQ(number(uut.next(full_batch).front()), 3u);
}

SCENARIO("what a collector refuses is lost and not tried again") {
  span_outbox uut;
  uut.add(spans(0, 5));
  CHECK_EQ(uut.next(whatever_is_there).size(), 5u);
  uut.on_refused();
  CHECK_EQ(uut.lost(), 5u);
  CHECK_EQ(uut.sent(), 0u);
  CHECK(uut.is_empty());
  uut.add(spans(0, 2));
  CHECK_EQ(uut.next(whatever_is_there).size(), 2u);
  uut.on_accepted();
  CHECK_EQ(uut.sent(), 2u);
}

SCENARIO("what was lost on its way is counted, too") {
  span_outbox uut;
  uut.count_lost(3);
  uut.count_lost(4);
  CHECK_EQ(uut.lost(), 7u);
}

SCENARIO("an outcome that nothing was sent for counts nothing") {
  span_outbox uut;
  uut.on_accepted();
  uut.on_refused();
  CHECK_EQ(uut.sent() + uut.lost(), 0u);
  CHECK(uut.next(whatever_is_there).empty());
}
