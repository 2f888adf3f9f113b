#define CAF_SUITE model_client_ws_login
#include <caf/test/bdd_dsl.hpp>

#include "tests/actors/model_client/model_client_fixture.hpp"
#include "tests/actors/model_client/scripted_auth.hpp"
#include "tests/actors/model_client/ws_requests.hpp"

#include <memory>
#include <string>

using namespace troupe;
using namespace troupe::testing;

namespace {

using fixture = model_client_fixture;

/// A login that can be read again, and then refreshed.
std::shared_ptr<auth_script> repairable() {
  auto result = std::make_shared<auth_script>();
  result->logins = {chatgpt_login(1, "old")};
  result->recoveries = {{recovery_outcome::reloaded, chatgpt_login(2, "disk"), {}},
                        {recovery_outcome::renewed, chatgpt_login(3, "fresh"), {}}};
  return result;
}

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a login refused in the handshake is repaired twice within one call") {
  ws_peer peer{{refusing(401), refusing(401), good()}};
  add_provider(peer.base_url());
  const auto script = repairable();
  use_auth(scripted_auth, script);
  open(ws_stream(1, v1));
  CHECK(finish(1).has_ended_well());
  const auto handshakes = peer.handshakes();
  REQUIRE_EQ(handshakes.size(), 3u);
  CHECK_EQ(header(handshakes[0], "authorization"), "Bearer old");
  CHECK_EQ(header(handshakes[1], "authorization"), "Bearer disk");
  CHECK_EQ(header(handshakes[2], "authorization"), "Bearer fresh");
  CHECK_EQ(header(handshakes[2], "chatgpt-account-id"), "acc");
  REQUIRE_EQ(script->asked.size(), 2u);
  CHECK(script->asked[0] == (recover_login{recovery_step::reload, 1, "acc"}));
  CHECK(script->asked[1] == (recover_login{recovery_step::refresh, 2, std::nullopt}));
  CHECK(peer.posts().empty());
}

SCENARIO("a login refused in a third handshake is an error") {
  ws_peer peer{{refusing(401)}};
  add_provider(peer.base_url());
  use_auth(scripted_auth, repairable());
  open(ws_stream(1, v1));
  CHECK(finish(1).code() == model_errc::unexpected_status);
  CHECK_EQ(peer.handshakes().size(), 3u);
}

SCENARIO("a login that is gone for good ends a WebSocket call as unauthorized") {
  ws_peer peer{{refusing(401)}};
  add_provider(peer.base_url());
  const auto script = repairable();
  script->recoveries = {{recovery_outcome::refused, {}, "log in again"}};
  use_auth(scripted_auth, script);
  open(ws_stream(1, v1));
  CHECK(finish(1).code() == model_errc::unauthorized);
  CHECK_EQ(finish(1).error(), "log in again");
  CHECK_EQ(peer.handshakes().size(), 1u);
}

END_FIXTURE_SCOPE()
