#define CAF_SUITE response_headers
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/response_headers.hpp"

#include <initializer_list>
#include <limits>

using namespace troupe;
using namespace troupe::model_client;

namespace {

net::header_list headers(std::initializer_list<net::header> xs) {
  net::header_list result;
  for (const auto& x : xs)
    result.add(x.name, x.value);
  return result;
}

std::optional<rate_limit_window> primary(std::string used, std::string minutes, std::string reset) {
  net::header_list list;
  list.set("X-Codex-Primary-Used-Percent", used);
  if (!minutes.empty())
    list.set("x-codex-primary-window-minutes", minutes);
  if (!reset.empty())
    list.set("x-codex-primary-reset-at", reset);
  return read_rate_limits(list).primary;
}

} // namespace

SCENARIO("the events of headers come in a fixed order") {
  std::vector<model_event> events;
  append_header_events(headers({{"X-Codex-Turn-State", "ts"},
                                {"x-reasoning-included", "false"},
                                {"X-Models-Etag", "\"e1\""},
                                {"x-codex-primary-used-percent", "12.5"}}),
                       events);
  const rate_limits limits{
    .primary = rate_limit_window{.used_percent = 12.5, .window_minutes = {}, .resets_at = {}},
    .secondary = {},
    .credits = {},
    .plan_type = {}};
  const std::vector<model_event> expected{rate_limits_seen{limits}, models_etag_seen{"\"e1\""},
                                          server_reasoning_included{true}, turn_state_seen{"ts"}};
  CHECK(events == expected);
}

SCENARIO("rate limits are told even when there are none") {
  std::vector<model_event> events;
  append_header_events({}, events);
  CHECK(events == std::vector<model_event>{rate_limits_seen{}});
}

SCENARIO("values beyond ASCII count as absent, except where presence is enough") {
  std::vector<model_event> events;
  append_header_events(headers({{"x-models-etag", "\xc3\xa9"},
                                {"x-reasoning-included", "\xc3\xa9"},
                                {"x-codex-turn-state", "\xc3\xa9"}}),
                       events);
  const std::vector<model_event> expected{rate_limits_seen{}, server_reasoning_included{true}};
  CHECK(events == expected);
}

SCENARIO("a window without any figure is none") {
  CHECK(!primary("0", "", ""));
  CHECK(!primary("0.0", "0", ""));
  CHECK(primary("0", "0", "1700000000") ==
        (rate_limit_window{.used_percent = 0, .window_minutes = 0, .resets_at = 1700000000}));
  CHECK(primary("0", "60", "") ==
        (rate_limit_window{.used_percent = 0, .window_minutes = 60, .resets_at = {}}));
  CHECK(primary("1", "", "") ==
        (rate_limit_window{.used_percent = 1, .window_minutes = {}, .resets_at = {}}));
}

SCENARIO("a percentage that is no finite number makes the window none") {
  for (const auto& used : {"nan", "inf", "-inf", "infinity", "", "12%", "1e999", "0x10", " "}) {
    CHECK(!primary(used, "60", "1700000000"));
  }
  CHECK(primary("1e1", "x", "12.5") ==
        (rate_limit_window{.used_percent = 10, .window_minutes = {}, .resets_at = {}}));
  CHECK(primary("+5", "", "").has_value());
  CHECK(!primary("+-5", "", ""));
}

SCENARIO("both windows and credits are read") {
  const auto x = read_rate_limits(headers({{"x-codex-primary-used-percent", "1"},
                                           {"x-codex-secondary-used-percent", "2"},
                                           {"x-codex-secondary-window-minutes", "10080"},
                                           {"x-codex-secondary-reset-at", "1704069000"},
                                           {"x-codex-credits-has-credits", "TRUE"},
                                           {"x-codex-credits-unlimited", "0"},
                                           {"x-codex-credits-balance", " 12.30 "}}));
  CHECK_EQ(x.primary->used_percent, 1.0);
  CHECK(x.secondary ==
        (rate_limit_window{.used_percent = 2, .window_minutes = 10080, .resets_at = 1704069000}));
  CHECK(x.credits ==
        (rate_limit_credits{.has_credits = true, .unlimited = false, .balance = "12.30"}));
  CHECK(!x.plan_type);
}

SCENARIO("credits need both of their flags") {
  const auto credits = [](std::string_view has, std::string_view unlimited, std::string_view rest) {
    net::header_list list;
    list.set("x-codex-credits-has-credits", has);
    list.set("x-codex-credits-unlimited", unlimited);
    list.set("x-codex-credits-balance", rest);
    return read_rate_limits(list).credits;
  };
  CHECK(credits("1", "False", "  ") ==
        (rate_limit_credits{.has_credits = true, .unlimited = false, .balance = {}}));
  CHECK(!credits("yes", "false", "1"));
  CHECK(!credits("true", "", "1"));
}

SCENARIO("the promo message is trimmed, blanks are none") {
  CHECK(promo_message(headers({{"x-codex-promo-message", "  Buy now "}})) == "Buy now");
  CHECK(!promo_message(headers({{"x-codex-promo-message", "   "}})));
  CHECK(!promo_message({}));
}

SCENARIO("the request id has two names") {
  CHECK(request_id(headers({{"x-oai-request-id", "b"}, {"x-request-id", "a"}})) == "a");
  CHECK(request_id(headers({{"x-oai-request-id", "b"}})) == "b");
  CHECK(!request_id(headers({{"cf-ray", "c"}})));
}
