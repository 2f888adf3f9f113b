#pragma once

#include "apps/sim/scenario_reader.hpp"
#include "apps/sim/simulator.hpp"
#include "net/http_client.hpp"
#include "net/io_pool.hpp"
#include "tests/apps/sim_requests.hpp"

#include <caf/test/dsl.hpp>

#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::test {

/// A simulator and a client on real sockets.
struct sim_fixture {
  explicit sim_fixture(std::string_view toml, sim::simulator_options options = {},
                       net::http_client_options of_client = {})
    : sim(pool, read(toml), std::move(options)), client(pool, std::move(of_client)) {
    const auto problem = sim.start();
    CAF_REQUIRE_EQUAL(problem.value_or(""), "");
  }

  ~sim_fixture() {
    sim.stop();
    pool.stop();
  }

  static sim::scenario read(std::string_view toml) {
    auto result = sim::read_scenario(toml, "test.toml");
    if (auto* error = std::get_if<std::string>(&result))
      CAF_FAIL(*error);
    return std::get<sim::scenario>(std::move(result));
  }

  net::http_request request(std::string method, std::string_view path, std::string body = {}) {
    net::http_request result;
    result.method = std::move(method);
    result.url = sim.base_url().substr(0, sim.base_url().size() - 3) + std::string{path};
    if (!body.empty())
      result.body.push_back(std::make_shared<const std::string>(std::move(body)));
    return result;
  }

  std::future<net::call_outcome> start(net::http_request x) {
    const auto done = std::make_shared<std::promise<net::call_outcome>>();
    client.fetch(std::move(x), 64 * 1024 * 1024,
                 [done](net::call_outcome outcome) { done->set_value(std::move(outcome)); });
    return done->get_future();
  }

  net::call_outcome get(std::string_view path) { return start(request("GET", path)).get(); }

  net::call_outcome post(const sim_request& x) {
    return start(request("POST", "/v1/responses", x.body())).get();
  }

  /// What arrived before an exchange broke, and how it broke.
  std::pair<std::string, net::net_errc> broken_post(const sim_request& x) {
    const auto text = std::make_shared<std::string>();
    const auto done = std::make_shared<std::promise<net::net_errc>>();
    net::http_handlers handlers;
    handlers.on_chunk = [text](std::string_view chunk) { *text += chunk; };
    handlers.on_done = [done](const net::call_outcome& outcome) { done->set_value(outcome.error); };
    client.start(request("POST", "/v1/responses", x.body()), std::move(handlers));
    const auto error = done->get_future().get();
    return {*text, error};
  }

  net::io_pool pool{2};
  sim::simulator sim;
  net::http_client client;
};

} // namespace troupe::test
