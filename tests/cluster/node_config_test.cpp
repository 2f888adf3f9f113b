#define CAF_SUITE node_config
#include <caf/test/bdd_dsl.hpp>

#include "config/node_config.hpp"

#include <caf/actor_system.hpp>

using namespace troupe;
using config::networking;
using config::node_config;
using config::node_options;

namespace {

template <class T>
T setting(const node_config& x, const char* name) {
  const auto value = caf::get_as<T>(x, name);
  if (!value)
    CAF_FAIL("no setting " << name);
  return *value;
}

node_options with(networking x) {
  node_options result;
  result.networking = x;
  return result;
}

} // namespace

SCENARIO("workers are shared fairly and there are at least two") {
  const node_config config{node_options{}};
  CHECK_EQ(setting<std::string>(config, "caf.scheduler.policy"), "sharing");
  CHECK_EQ(setting<std::size_t>(config, "caf.scheduler.max-throughput"), 100u);
  CHECK_GE(setting<std::size_t>(config, "caf.scheduler.max-threads"), 2u);
  node_options five;
  five.threads = 5;
  CHECK_EQ(setting<std::size_t>(node_config{five}, "caf.scheduler.max-threads"), 5u);
}

SCENARIO("no file of the working directory is read") {
  CHECK_EQ(node_config{node_options{}}.config_file_path, "");
}

SCENARIO("a process without peers has no middleman") {
  node_config alone{with(networking::none)};
  caf::actor_system sys{alone};
  CHECK(!sys.has_middleman());
}

SCENARIO("a node notices a silent peer within seconds") {
  node_config config{with(networking::cluster)};
  CHECK_EQ(setting<caf::timespan>(config, "caf.middleman.heartbeat-interval"),
           caf::timespan{std::chrono::seconds{2}});
  CHECK_EQ(setting<caf::timespan>(config, "caf.middleman.connection-timeout"),
           caf::timespan{std::chrono::seconds{7}});
  caf::actor_system sys{config};
  CHECK(sys.has_middleman());
}
