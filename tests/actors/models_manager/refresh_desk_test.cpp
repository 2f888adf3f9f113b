#define CAF_SUITE refresh_desk
#include <caf/test/bdd_dsl.hpp>

#include "actors/models_manager/refresh_desk.hpp"

#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::models_manager;
using namespace std::chrono_literals;

namespace {

using enum refresh_strategy;
using tickets = std::vector<ticket>;
using old_cache = refresh_desk::old_cache;

struct fixture {
  refresh_desk uut;
  refresh_desk::time_point now{1h};

  /// The order that is to be begun, or "none".
  std::string order() {
    const auto x = uut.take_order();
    if (!x)
      return "none";
    if (const auto* renewal = std::get_if<renew_list>(&*x))
      return "renew " + renewal->etag;
    if (std::holds_alternative<load_list>(*x))
      return "load";
    return std::holds_alternative<fetch_list>(*x) ? "fetch" : "drop";
  }
  void fetch_with(std::optional<std::string> etag) {
    uut.ask(99, online);
    CHECK_EQ(order(), "fetch");
    uut.on_fetched(std::move(etag), now);
    uut.take_settled();
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("offline reads the cache and never fetches") {
  uut.ask(1, offline);
  CHECK_EQ(order(), "load");
  CHECK(uut.is_busy());
  CHECK(uut.take_settled().empty());
  uut.on_loaded(false, std::nullopt);
  CHECK(uut.take_settled() == tickets{1});
  CHECK_EQ(order(), "none");
  CHECK(!uut.is_busy());
}

SCENARIO("online if uncached fetches after a miss only") {
  uut.ask(1, online_if_uncached);
  CHECK_EQ(order(), "load");
  uut.on_loaded(true, "e");
  CHECK(uut.take_settled() == tickets{1});
  CHECK_EQ(order(), "none");
  CHECK(uut.etag() == "e");
  uut.ask(2, online_if_uncached);
  CHECK_EQ(order(), "load");
  uut.on_loaded(false, std::nullopt);
  CHECK(uut.take_settled().empty());
  CHECK(uut.etag() == "e");
  CHECK_EQ(order(), "fetch");
  uut.on_fetched("f", now);
  CHECK(uut.take_settled() == tickets{2});
  CHECK(uut.etag() == "f");
}

SCENARIO("online fetches without reading the cache") {
  uut.ask(1, online);
  CHECK_EQ(order(), "fetch");
  uut.on_fetched(std::nullopt, now);
  CHECK(uut.take_settled() == tickets{1});
  CHECK(!uut.etag());
}

SCENARIO("a list without ETag forgets the old one") {
  fetch_with("e");
  uut.ask(1, online_if_uncached);
  CHECK_EQ(order(), "load");
  uut.on_loaded(true, std::nullopt);
  CHECK(!uut.etag());
}

SCENARIO("all who wait share one fetch") {
  uut.ask(1, online);
  CHECK_EQ(order(), "fetch");
  uut.ask(2, online);
  uut.ask(3, online_if_uncached);
  CHECK_EQ(order(), "none");
  CHECK_EQ(uut.waiting(), 3U);
  uut.on_fetched("e", now);
  CHECK(uut.take_settled() == (tickets{1, 2, 3}));
  CHECK_EQ(order(), "none");
}

SCENARIO("who comes while the cache is read waits for the same read") {
  uut.ask(1, offline);
  uut.ask(2, online_if_uncached);
  uut.ask(3, online);
  CHECK_EQ(order(), "load");
  uut.on_loaded(true, "e");
  CHECK(uut.take_settled() == (tickets{1, 2}));
  CHECK_EQ(order(), "fetch");
  uut.on_fetched("f", now);
  CHECK(uut.take_settled() == tickets{3});
}

SCENARIO("offline does not wait for a fetch") {
  uut.ask(1, online);
  CHECK_EQ(order(), "fetch");
  uut.ask(2, offline);
  CHECK(uut.take_settled() == tickets{2});
  CHECK(uut.is_busy());
}

SCENARIO("a failed fetch settles everybody and says why until the next success") {
  uut.ask(1, online);
  uut.ask(2, online_if_uncached);
  CHECK_EQ(order(), "fetch");
  uut.on_fetch_failed("no network", now);
  CHECK(uut.take_settled() == (tickets{1, 2}));
  CHECK_EQ(uut.problem(), "no network");
  fetch_with("e");
  CHECK_EQ(uut.problem(), "");
}

SCENARIO("a notice of the known ETag renews the cache, now and then") {
  uut.assume("e");
  uut.on_notice("e", now);
  CHECK_EQ(order(), "renew e");
  CHECK(!uut.is_busy());
  uut.on_done();
  uut.on_notice("e", now + refresh_desk::renewal_pause - 1s);
  CHECK_EQ(order(), "none");
  uut.on_notice("e", now + refresh_desk::renewal_pause);
  CHECK_EQ(order(), "renew e");
}

SCENARIO("a fetched list needs no renewal for a while") {
  fetch_with("e");
  uut.on_notice("e", now);
  CHECK_EQ(order(), "none");
}

SCENARIO("a notice of another ETag fetches once, and nobody waits") {
  uut.assume("e");
  uut.on_notice("f", now);
  CHECK_EQ(order(), "fetch");
  uut.on_notice("f", now);
  uut.on_notice("g", now);
  CHECK_EQ(order(), "none");
  uut.on_fetched("f", now);
  CHECK(uut.take_settled().empty());
  uut.on_notice("f", now);
  CHECK_EQ(order(), "none");
  uut.on_notice("g", now);
  CHECK_EQ(order(), "fetch");
}

SCENARIO("without an own ETag any notice fetches") {
  uut.on_notice("f", now);
  CHECK_EQ(order(), "fetch");
}

SCENARIO("a provider whose list never has the noticed ETag is asked now and then only") {
  uut.on_notice("f", now);
  CHECK_EQ(order(), "fetch");
  uut.on_fetched(std::nullopt, now);
  uut.on_notice("f", now + refresh_desk::same_notice_pause - 1s);
  CHECK_EQ(order(), "none");
  uut.on_notice("f", now + refresh_desk::same_notice_pause);
  CHECK_EQ(order(), "fetch");
}

SCENARIO("a failing list is asked for after growing pauses, not at each response") {
  std::vector<std::int64_t> pauses;
  auto last = now;
  for (auto at = now; pauses.size() < 8; at += 1s) {
    uut.on_notice("f", at);
    if (order() == "none")
      continue;
    pauses.push_back(std::chrono::duration_cast<std::chrono::seconds>(at - last).count());
    last = at;
    uut.on_fetch_failed("no", at);
  }
  CHECK(pauses == (std::vector<std::int64_t>{0, 5, 10, 20, 40, 80, 160, 300}));
}

SCENARIO("a success ends the pauses") {
  uut.on_notice("f", now);
  CHECK_EQ(order(), "fetch");
  uut.on_fetch_failed("no", now);
  fetch_with("e");
  uut.on_notice("f", now + 1ms);
  CHECK_EQ(order(), "fetch");
}

SCENARIO("who asks is not held back by the pauses") {
  uut.on_notice("f", now);
  CHECK_EQ(order(), "fetch");
  uut.on_fetch_failed("no", now);
  uut.ask(1, online);
  CHECK_EQ(order(), "fetch");
}

SCENARIO("an unasked refresh uses the cache if it can") {
  uut.refresh_unasked();
  CHECK_EQ(order(), "load");
  uut.on_loaded(true, "e");
  CHECK_EQ(order(), "none");
  uut.refresh_unasked();
  CHECK_EQ(order(), "load");
  uut.on_loaded(false, std::nullopt);
  CHECK_EQ(order(), "fetch");
}

SCENARIO("after a change of provider who waits is served anew") {
  uut.ask(1, online_if_uncached);
  uut.ask(2, online);
  CHECK_EQ(order(), "load");
  uut.on_loaded(false, std::nullopt);
  CHECK_EQ(order(), "fetch");
  uut.start_again(old_cache::keep);
  CHECK(uut.take_settled().empty());
  CHECK(!uut.etag());
  CHECK_EQ(order(), "load");
  uut.on_loaded(true, "other");
  CHECK(uut.take_settled() == tickets{1});
  CHECK_EQ(order(), "fetch");
}

SCENARIO("what was noticed of the old provider says nothing of the new one") {
  uut.on_notice("f", now);
  CHECK_EQ(order(), "fetch");
  uut.on_fetch_failed("no", now);
  uut.start_again(old_cache::keep);
  CHECK_EQ(uut.problem(), "");
  CHECK_EQ(order(), "load");
  uut.on_loaded(false, std::nullopt);
  uut.on_notice("f", now);
  CHECK_EQ(order(), "fetch");
}

SCENARIO("a change reads the new cache although nobody has asked, and although one wants a fetch") {
  uut.start_again(old_cache::keep);
  CHECK_EQ(order(), "load");
  uut.on_loaded(true, "e");
  CHECK_EQ(order(), "none");
  uut.ask(1, online);
  CHECK_EQ(order(), "fetch");
  uut.start_again(old_cache::keep);
  CHECK_EQ(order(), "load");
  uut.on_loaded(true, "e");
  CHECK_EQ(order(), "fetch");
}

SCENARIO("another login's cache is dropped before anything else") {
  uut.ask(1, online_if_uncached);
  uut.start_again(old_cache::drop);
  CHECK_EQ(order(), "drop");
  CHECK(!uut.is_busy());
  uut.on_done();
  CHECK_EQ(order(), "load");
}

SCENARIO("where no refresh is wanted any more everybody is settled") {
  uut.ask(1, online);
  uut.start_again(old_cache::keep);
  uut.settle_all();
  CHECK(uut.take_settled() == tickets{1});
  CHECK_EQ(order(), "none");
  CHECK(uut.is_idle());
}

SCENARIO("a step that is given up is a miss or a failure") {
  uut.give_up("slow", now);
  uut.ask(1, online_if_uncached);
  CHECK_EQ(order(), "load");
  uut.give_up("slow", now);
  CHECK_EQ(order(), "fetch");
  uut.give_up("slow", now);
  CHECK(uut.take_settled() == tickets{1});
  CHECK_EQ(uut.problem(), "slow");
  uut.start_again(old_cache::drop);
  CHECK_EQ(order(), "drop");
  uut.give_up("slow", now);
  CHECK_EQ(order(), "load");
}

END_FIXTURE_SCOPE()
