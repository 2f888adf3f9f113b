#define CAF_SUITE shared_limit
#include <caf/test/bdd_dsl.hpp>

#include "tests/load/loaded_node.hpp"

#include <chrono>
#include <future>
#include <string>
#include <string_view>

using namespace troupe;

namespace {

constexpr std::uint32_t requests_per_second = 20;
constexpr std::uint32_t threads = 400;

std::uint32_t turns_of_each() {
  return test::is_full_load() ? 5 : 1;
}

/// The first second's worth may come at once.
double ideal_seconds() {
  return static_cast<double>(threads * turns_of_each() - requests_per_second) / requests_per_second;
}

std::string limited(std::string_view announcement) {
  return "name = \"limited\"\nwebsocket = \"any\"\n[limits]\nrequests_per_second = 20\n" +
         std::string{announcement} + "[[rule]]\nreply = [{ message = \"In time.\" }]\n";
}

struct fleet_result {
  test::turn_tally tally;
  sim::simulator_stats provider;
  double seconds = 0;

  double refused_share() const {
    return static_cast<double>(provider.refused) /
           static_cast<double>(provider.refused + provider.responses);
  }
};

/// A node and a provider of its own.
fleet_result run_fleet(const std::string& scenario, model_transport transport) {
  test::troubled_provider provider{scenario};
  auto entry = provider.entry();
  entry.supports_websockets = transport != model_transport::http;
  test::loaded_node node{entry};
  const auto begin = std::chrono::steady_clock::now();
  fleet_result result;
  result.tally = node.run(threads, turns_of_each(), std::chrono::minutes{4});
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  result.seconds = taken.count();
  result.provider = provider.stats();
  return result;
}

void check_all_completed(const fleet_result& x) {
  CHECK_EQ(x.tally.problem, "");
  CHECK_EQ(x.tally.completed, std::size_t{threads} * turns_of_each());
  CHECK_EQ(x.tally.failed, 0u);
  CHECK_EQ(x.tally.retries, 0u);
  CHECK_EQ(x.provider.responses, std::uint64_t{threads} * turns_of_each());
}

/// To learn a limit that nobody announces costs some refusals, less than 2 % also of the requests
/// of a short run. Those of a machine that is busy with other tests may be twice as many there.
void check_refusals_of_learning(const fleet_result& x) {
  if (test::is_full_load())
    CHECK(x.refused_share() <= 0.02);
  else
    CHECK(x.provider.refused <= requests_per_second * 3 / 4);
}

} // namespace

// All at once: what they do most of the time is wait. A figure of time in a test: it is what is
// promised, and waiting costs no computing, so a busy machine makes it hardly longer.
SCENARIO(
  "400 threads share a limit of 20 requests per second, announced or not: no turn fails, hardly "
  "one is refused") {
  node_root::register_types();
  auto quiet = std::async(std::launch::async, [] {
    return run_fleet(limited("silent = true\n"), model_transport::http);
  });
  auto sockets = std::async(std::launch::async,
                            [] { return run_fleet(limited(""), model_transport::websocket_v2); });
  const auto announced = run_fleet(limited(""), model_transport::http);
  const auto silent = quiet.get();
  const auto socket = sockets.get();
  CAF_MESSAGE("announced: " << announced.seconds << " s, refused " << announced.provider.refused
                            << "; silent: " << silent.seconds << " s, refused "
                            << silent.provider.refused << "; over WebSocket: " << socket.seconds
                            << " s, refused " << socket.provider.refused << ", handshakes "
                            << socket.provider.handshakes << "; ideal " << ideal_seconds() << " s");
  check_all_completed(announced);
  CHECK(announced.refused_share() <= 0.02);
  CHECK(announced.seconds <= 1.1 * ideal_seconds());
  check_all_completed(silent);
  check_refusals_of_learning(silent);
  CHECK(silent.seconds <= 1.1 * ideal_seconds());
  check_all_completed(socket);
  CHECK(socket.provider.handshakes > 0);
  check_refusals_of_learning(socket); // announcements are headers, and messages have none
  CHECK(socket.seconds <= 1.1 * ideal_seconds());
}
