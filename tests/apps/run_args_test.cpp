#define CAF_SUITE run_args
#include <caf/test/bdd_dsl.hpp>

#include "apps/run/run_args.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

using namespace troupe;
using namespace std::chrono_literals;
using words = std::vector<std::string>;

namespace {

void parse(CLI::App& root, words line) {
  line.insert(line.begin(), "run");
  std::ranges::reverse(line);
  root.parse(std::move(line));
}

/// What is wrong with it; empty: nothing.
std::string problem_of(words line) {
  CLI::App root{"test", "troupe"};
  run::run_parser uut{root};
  try {
    parse(root, std::move(line));
    return {};
  } catch (const CLI::ParseError& error) {
    return error.what();
  }
}

std::optional<run::run_args> parsed(words line) {
  CLI::App root{"test", "troupe"};
  run::run_parser uut{root};
  try {
    parse(root, std::move(line));
    return uut.finish();
  } catch (const CLI::ParseError&) {
    return std::nullopt;
  }
}

run::run_args accepted(words line) {
  auto result = parsed(line);
  if (!result)
    FAIL("refused: " << CLI::detail::join(line, " "));
  return *result;
}

} // namespace

SCENARIO("a file is all that a run needs") {
  const auto args = accepted({"dir/tasks.jsonl"});
  CHECK(args.tasks == "dir/tasks.jsonl");
  CHECK(args.out == "tasks-results");
  CHECK_EQ(args.concurrency, 256u);
  CHECK(!args.offline);
  CHECK(!args.sandbox);
  CHECK(!args.task_timeout);
  CHECK(!args.resume);
}

SCENARIO("options are read wherever they stand") {
  const auto args = accepted({"--concurrency",
                              "8",
                              "tasks.toml",
                              "--out",
                              "r",
                              "--resume",
                              "--retry-failed",
                              "-m",
                              "gpt-5",
                              "-s",
                              "read-only",
                              "-c",
                              "a=1",
                              "-c",
                              "b=2",
                              "--timeout",
                              "60",
                              "--quiet",
                              "--json",
                              "-p",
                              "fast",
                              "--seed",
                              "9"});
  CHECK(args.tasks == "tasks.toml");
  CHECK(args.out == "r");
  CHECK_EQ(args.concurrency, 8u);
  CHECK(args.resume);
  CHECK(args.retry_failed);
  CHECK_EQ(args.model, "gpt-5");
  CHECK_EQ(args.sandbox, sandbox_mode::read_only);
  CHECK_EQ(args.overrides.settings, (words{"a=1", "b=2"}));
  CHECK(args.task_timeout == 60s);
  CHECK(args.quiet);
  CHECK(args.json);
  CHECK_EQ(args.profile, "fast");
  CHECK_EQ(args.seed, 9u);
}

SCENARIO("who the agents are can be said for all tasks") {
  const auto args = accepted({"t.jsonl", "--identity", "reviewer", "--mode", "plan"});
  CHECK(args.identity == identity_kind::reviewer);
  CHECK(args.mode == mode_kind::plan);
  CHECK(!accepted({"t.jsonl"}).identity);
  CHECK(!accepted({"t.jsonl"}).mode);
}

SCENARIO("--offline takes a scenario if one follows, but never the tasks") {
  CHECK_EQ(accepted({"t.jsonl", "--offline"}).offline, "");
  CHECK_EQ(accepted({"t.jsonl", "--offline", "demo"}).offline, "demo");
  CHECK_EQ(accepted({"t.jsonl", "--offline", "demo", "--seed", "1"}).offline, "demo");
  CHECK_EQ(accepted({"t.jsonl", "--offline=demo"}).offline, "demo");
  CHECK_EQ(accepted({"--offline", "t.jsonl"}).offline, "");
  CHECK(accepted({"--offline", "t.jsonl"}).tasks == "t.jsonl");
  CHECK(accepted({"--offline", "t.jsonl", "--quiet"}).tasks == "t.jsonl");
  CHECK_EQ(accepted({"--offline", "demo", "t.jsonl"}).offline, "demo");
  CHECK(accepted({"--offline", "demo", "t.jsonl"}).tasks == "t.jsonl");
}

SCENARIO("a time limit that is none is told in words") {
  for (const auto* text : {"-1", "0", "soon", "1.5", "99999999999999999999"})
    CHECK_EQ(
      problem_of({"t.jsonl", "--timeout", text}),
      fmt::format("--timeout: \"{}\" is no time limit: it is a whole number of seconds, from "
                  "1 to 31536000 (a year)",
                  text));
}

SCENARIO("a wrong command line is refused") {
  const std::vector<words> lines{{},
                                 {"--offline"},
                                 {"t.jsonl", "more"},
                                 {"t.jsonl", "--concurrency", "0"},
                                 {"t.jsonl", "--concurrency", "many"},
                                 {"t.jsonl", "--timeout", "0"},
                                 {"t.jsonl", "--timeout", "0.5"},
                                 {"t.jsonl", "-s", "none"},
                                 {"t.jsonl", "--identity", "wizard"},
                                 {"t.jsonl", "--mode", "code"},
                                 {"t.jsonl", "--retry-failed"},
                                 {"t.jsonl", "--no-such-flag"}};
  std::vector<words> accepted_lines;
  std::ranges::copy_if(lines, std::back_inserter(accepted_lines),
                       [](const words& line) { return parsed(line).has_value(); });
  CHECK_EQ(accepted_lines, std::vector<words>{});
}
