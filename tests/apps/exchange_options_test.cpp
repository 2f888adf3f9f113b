#define CAF_SUITE exchange_options
#include <caf/test/bdd_dsl.hpp>

#include "actors/node_root/node.hpp"
#include "apps/common/exchange_options.hpp"
#include "tests/support/temp_folder.hpp"

#include <CLI/CLI.hpp>

#include <fstream>

using namespace troupe;
using namespace troupe::common;

SCENARIO("a recording and a replay are named by their folders, one or the other") {
  CLI::App app;
  exchange_options x;
  add_exchange_options(app, "Model", x);
  app.parse("--record a");
  CHECK(x.record == "a");
  CHECK(!x.replay);
  CLI::App other;
  exchange_options y;
  add_exchange_options(other, "Model", y);
  CHECK_THROWS_AS(other.parse("--record a --replay b"), CLI::ExcludesError);
}

SCENARIO("a folder to record to is made by the node, one to replay from is read at once") {
  node_root::node_options options;
  CHECK(!use_exchanges({.record = "somewhere", .replay = std::nullopt}, options));
  CHECK_EQ(options.record, "somewhere");
  CHECK(options.replay == nullptr);
  const test::temp_folder folder;
  CHECK(use_exchanges({.record = std::nullopt, .replay = folder.path().string()}, options));
  std::ofstream{folder.path() / "a.json"}
    << R"({"path":"responses","request":{},"status":200,"headers":{},"body":[""]})";
  CHECK(!use_exchanges({.record = std::nullopt, .replay = folder.path().string()}, options));
  CHECK(options.replay != nullptr);
}
