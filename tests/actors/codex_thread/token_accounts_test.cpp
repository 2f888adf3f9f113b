#define CAF_SUITE token_accounts
#include <caf/test/bdd_dsl.hpp>

#include "actors/codex_thread/token_accounts.hpp"

using namespace troupe;
using troupe::codex_thread::token_accounts;

SCENARIO("new limits replace windows, and keep credits and plan that they do not name") {
  const rate_limit_window window{.used_percent = 42, .window_minutes = 60, .resets_at = {}};
  const rate_limit_credits credits{.has_credits = true, .unlimited = false, .balance = "5"};
  token_accounts uut;
  uut.merge({.primary = window, .secondary = window, .credits = credits, .plan_type = "plus"});
  uut.merge({.primary = {}, .secondary = window, .credits = {}, .plan_type = {}});
  CHECK_EQ(
    *uut.snapshot().rate_limits,
    (rate_limits{.primary = {}, .secondary = window, .credits = credits, .plan_type = "plus"}));
  uut.merge({.primary = {},
             .secondary = {},
             .credits = rate_limit_credits{.has_credits = false, .unlimited = true, .balance = {}},
             .plan_type = "pro"});
  CHECK_EQ(*uut.snapshot().rate_limits,
           (rate_limits{
             .primary = {},
             .secondary = {},
             .credits = rate_limit_credits{.has_credits = false, .unlimited = true, .balance = {}},
             .plan_type = "pro"}));
}
