#define CAF_SUITE sim_command
#include <caf/test/bdd_dsl.hpp>

#include "apps/common/exit_codes.hpp"
#include "apps/sim/sim_command.hpp"
#include "tests/support/temp_folder.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <optional>
#include <string>
#include <vector>

using namespace troupe;

namespace {

// The exit code of `sim WORDS...`; none when the words are refused.
std::optional<int> run(std::vector<std::string> words) {
  CLI::App app;
  std::function<int()> selected;
  sim::add_command(app, selected);
  words.insert(words.begin(), "sim");
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError&) {
    return std::nullopt;
  }
  return selected();
}

} // namespace

SCENARIO("a check succeeds for good scenarios only") {
  const test::temp_folder folder;
  const auto good = folder.write("good.toml", "[[rule]]\nreply = []\n").string();
  const auto bad = folder.write("bad.toml", "[[rule]]\nrelpy = []\n").string();
  CHECK_EQ(run({"--check"}), common::exit_ok);
  CHECK_EQ(run({"--check", good}), common::exit_ok);
  CHECK_EQ(run({"--check", "--builtin", "demo"}), common::exit_ok);
  CHECK_EQ(run({"--check", bad}), common::exit_failed);
  CHECK_EQ(run({"--check", "--builtin", "nothing"}), common::exit_failed);
  CHECK_EQ(run({"--check", folder.path() / "none.toml"}), common::exit_failed);
}

SCENARIO("the built-in scenarios are listed") {
  CHECK_EQ(run({"--list"}), common::exit_ok);
}

SCENARIO("a command line that makes no sense is refused") {
  CHECK(!run({"a.toml", "--builtin", "plain"}));
  CHECK(!run({"--port", "65536"}));
  CHECK(!run({"--seed", "x"}));
  CHECK(!run({"--threads", "0"}));
  CHECK(!run({"--nonsense"}));
  CHECK(!run({"--tls-cert", "cert.pem"})); // each needs the other
  CHECK(!run({"--tls-key", "key.pem"}));
}

SCENARIO("a simulator whose certificate cannot be read does not start") {
  CHECK_EQ(run({"--tls-cert", "/nowhere/cert.pem", "--tls-key", "/nowhere/key.pem"}),
           common::exit_failed);
}

SCENARIO("a simulator that cannot log does not start") {
  CHECK_EQ(run({"--log", "/nowhere/log.jsonl"}), common::exit_failed);
}
