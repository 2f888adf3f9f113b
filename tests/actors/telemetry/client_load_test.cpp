#define CAF_SUITE client_load
#include <caf/test/bdd_dsl.hpp>

#include "tests/actors/model_client/model_client_fixture.hpp"

#include <memory>

using namespace troupe;
using namespace troupe::testing;

namespace {

struct fixture : model_client_fixture {
  std::shared_ptr<model_client::client_load> load = std::make_shared<model_client::client_load>();

  fixture() { deps.load = load; }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a stream counts as open until it has ended") {
  scripted_peer peer{{stream_answer({created_event(), gate{}, completed_event()})}};
  add_provider(peer.base_url());
  open(stream(1));
  CHECK_EQ(load->open_streams.load(), 1);
  CHECK_EQ(load->waiting_requests.load(), 0);
  peer.open_gate();
  CHECK(finish(1).has_ended_well());
  stop_client();
  CHECK_EQ(load->open_streams.load(), 0);
}

SCENARIO("a request that the governor holds back counts as waiting until it is withdrawn") {
  scripted_peer peer{{stream_answer({created_event(), gate{}})}};
  add_provider(peer.base_url());
  deps.governor.emplace();
  deps.governor->total.requests_per_minute = 1;
  open(stream(1));
  const auto second = open(stream(2));
  CHECK_EQ(load->open_streams.load(), 2);
  CHECK_EQ(load->waiting_requests.load(), 1);
  cancel(second);
  finish(2);
  stop_client();
  CHECK_EQ(load->open_streams.load(), 0);
  CHECK_EQ(load->waiting_requests.load(), 0);
}

END_FIXTURE_SCOPE()
