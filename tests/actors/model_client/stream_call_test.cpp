#define CAF_SUITE stream_call
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/stream_call.hpp"

using namespace std::literals;
using namespace troupe;
using namespace troupe::model_client;

namespace {

using step = stream_call::step;
using connection = stream_call::connection;

constexpr auto asked = stream_call::login_source::asked;
constexpr attempt_outcome unauthorized{.error = net::net_errc::none, .status = 401};
constexpr attempt_outcome busy{.error = net::net_errc::none, .status = 503};

login_snapshot login(std::uint64_t generation, login_mode mode = login_mode::chatgpt) {
  return {.generation = generation,
          .mode = mode,
          .token = secret{"t"},
          .account_id = "account",
          .repair = mode == login_mode::api_key ? login_repair::impossible : login_repair::possible,
          .problem = {}};
}

login_recovery recovered(recovery_outcome how, std::uint64_t generation) {
  return {.outcome = how, .login = login(generation), .message = "what happened"};
}

} // namespace

SCENARIO("without an auth manager a call is sent at once") {
  stream_call x{{}};
  const auto first = x.start();
  CHECK(first.step == step::send_over_http);
  CHECK_EQ(first.delay, 0ms);
}

SCENARIO("the turn's delay comes before the first attempt only") {
  stream_call x{{.max_retries = 3, .delay = 700ms}};
  CHECK_EQ(x.start().delay, 700ms);
  const auto next = x.on_http_failed(busy, 1);
  CHECK(next.step == step::send_over_http);
  CHECK_EQ(next.delay, 200ms);
}

SCENARIO("with an auth manager the login is asked for first, and the delay follows") {
  stream_call x{{.login = asked, .delay = 700ms}};
  CHECK(x.start().step == step::ask_login);
  const auto next = x.on_login(login(1));
  CHECK(next.step == step::send_over_http);
  CHECK_EQ(next.delay, 700ms);
}

SCENARIO("a login that cannot be used ends the call with an error that may be retried") {
  auto broken = login(1);
  broken.problem = "no tokens";
  stream_call x{{.login = asked}};
  x.start();
  const auto next = x.on_login(broken);
  CHECK(next.step == step::end);
  REQUIRE(next.error.has_value());
  CHECK_EQ(next.error->message, "no tokens");
  CHECK(may_retry(next.error->code));
  CHECK(may_retry(x.on_login_unavailable().error->code));
}

SCENARIO("attempts are repeated with growing delays until the budget is spent") {
  stream_call x{{.max_retries = 2}};
  x.start();
  CHECK_EQ(x.on_http_failed(busy, 1).delay, 200ms);
  CHECK_EQ(x.on_http_failed(busy, 1).delay, 400ms);
  const auto last = x.on_http_failed(busy, 1);
  CHECK(last.step == step::end);
  CHECK(!last.error);
  CHECK_EQ(x.failed_attempts(), 3u);
}

SCENARIO("a 401 is repaired twice, the third one is the call's") {
  stream_call x{{.login = asked, .max_retries = 4}};
  x.start();
  x.on_login(login(7));
  const auto first = x.on_http_failed(unauthorized, 1);
  REQUIRE(first.repair.has_value());
  CHECK(first.step == step::repair_login);
  CHECK(first.repair->step == recovery_step::reload);
  CHECK_EQ(first.repair->refused, 7u);
  CHECK(first.repair->expected_account == "account");
  CHECK(x.on_repair(recovered(recovery_outcome::reloaded, 8)).step == step::send_over_http);
  const auto second = x.on_http_failed(unauthorized, 1);
  REQUIRE(second.repair.has_value());
  CHECK(second.repair->step == recovery_step::refresh);
  CHECK_EQ(second.repair->refused, 8u);
  CHECK(x.on_repair(recovered(recovery_outcome::renewed, 9)).step == step::send_over_http);
  const auto third = x.on_http_failed(unauthorized, 1);
  CHECK(third.step == step::end);
  CHECK(!third.error);
}

SCENARIO("a repaired login gets the whole budget of attempts again") {
  stream_call x{{.login = asked, .max_retries = 1}};
  x.start();
  x.on_login(login(7));
  CHECK(x.on_http_failed(busy, 1).step == step::send_over_http);
  CHECK(x.on_http_failed(unauthorized, 1).step == step::repair_login);
  x.on_repair(recovered(recovery_outcome::reloaded, 8));
  CHECK_EQ(x.failed_attempts(), 0u);
  CHECK(x.on_http_failed(busy, 1).step == step::send_over_http);
}

SCENARIO("a 401 with an API key, or without an auth manager, is the call's") {
  stream_call key{{.login = asked}};
  key.start();
  key.on_login(login(1, login_mode::api_key));
  CHECK(key.on_http_failed(unauthorized, 1).step == step::end);
  stream_call given{{}};
  given.start();
  CHECK(given.on_http_failed(unauthorized, 1).step == step::end);
}

SCENARIO("a login that is refused for good ends the call as unauthorized") {
  stream_call x{{.login = asked}};
  x.start();
  x.on_login(login(1));
  x.on_http_failed(unauthorized, 1);
  const auto next = x.on_repair(recovered(recovery_outcome::refused, 1));
  CHECK(next.step == step::end);
  REQUIRE(next.error.has_value());
  CHECK_EQ(next.error->code, model_errc::unauthorized);
  CHECK_EQ(next.error->message, "what happened");
}

SCENARIO("a repair that fails for now may be retried by the turn") {
  stream_call x{{.login = asked}};
  x.start();
  x.on_login(login(1));
  x.on_http_failed(unauthorized, 1);
  const auto next = x.on_repair(recovered(recovery_outcome::failed, 1));
  REQUIRE(next.error.has_value());
  CHECK(may_retry(next.error->code));
}

SCENARIO("426 at a handshake makes the same call go on over HTTP") {
  stream_call x{{.transport = model_transport::websocket_v1, .max_retries = 4}};
  CHECK(x.start().step == step::send_over_websocket);
  const auto next = x.on_handshake_failed(426, connection::own);
  CHECK(next.step == step::send_over_http);
  CHECK(next.websocket_was_refused);
  CHECK_EQ(x.failed_attempts(), 0u);
  CHECK(x.again().step == step::send_over_http);
}

SCENARIO(
  "a connection prepared ahead that failed is replaced in the same call, whatever failed it") {
  for (const int status : {0, 426, 401, 500}) {
    stream_call x{{.transport = model_transport::websocket_v2}};
    x.start();
    const auto next = x.on_handshake_failed(status, connection::prepared_ahead);
    CHECK(next.step == step::send_over_websocket);
    CHECK(!next.websocket_was_refused);
  }
}

SCENARIO("a handshake is not repeated, but for a repaired login") {
  for (const int status : {0, 400, 429, 500, 503}) {
    stream_call x{{.transport = model_transport::websocket_v1, .max_retries = 4}};
    x.start();
    CHECK(x.on_handshake_failed(status, connection::own).step == step::end);
  }
  stream_call x{{.transport = model_transport::websocket_v1, .login = asked}};
  x.start();
  CHECK(x.on_login(login(1)).step == step::send_over_websocket);
  CHECK(x.on_handshake_failed(401, connection::own).step == step::repair_login);
  CHECK(x.on_repair(recovered(recovery_outcome::renewed, 2)).step == step::send_over_websocket);
}
