#define CAF_SUITE exec_args
#include <caf/test/bdd_dsl.hpp>

#include "apps/exec/exec_args.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

using namespace troupe;
using exec::exec_args;
using words = std::vector<std::string>;

namespace {

/// The command line behind `troupe`; none when it is refused with exit code 2.
std::optional<exec_args> parsed(words line) {
  CLI::App root{"test", "troupe"};
  common::override_options root_overrides;
  common::add_override_options(root, root_overrides);
  exec::exec_parser uut{root};
  std::ranges::reverse(line);
  try {
    root.parse(std::move(line));
    return root.got_subcommand("exec") ? std::optional{uut.finish()} : std::nullopt;
  } catch (const CLI::ParseError&) {
    return std::nullopt;
  }
}

exec_args accepted(words line) {
  auto result = parsed(line);
  if (!result)
    FAIL("refused: " << CLI::detail::join(line, " "));
  return *result;
}

exec::resume_target session(std::string id) {
  return {.session = std::move(id), .last = false, .all = false};
}

} // namespace

SCENARIO("a prompt stands before and behind options and is taken as it is") {
  CHECK_EQ(accepted({"exec", "hi"}).prompt, "hi");
  CHECK_EQ(accepted({"e", "hi"}).prompt, "hi");
  CHECK_EQ(accepted({"exec", "--json", "hi"}).prompt, "hi");
  CHECK_EQ(accepted({"exec", "hi", "--json"}).prompt, "hi");
  CHECK_EQ(accepted({"exec", "-"}).prompt, "-");
  CHECK_EQ(accepted({"exec", ""}).prompt, "");
  CHECK_EQ(accepted({"exec", "[a, b]"}).prompt, "[a, b]");
  CHECK_EQ(accepted({"exec", "one\ntwo"}).prompt, "one\ntwo");
  CHECK_EQ(accepted({"exec", "- first\n- second"}).prompt, "- first\n- second");
  CHECK_EQ(accepted({"exec", "--", "--json"}).prompt, "--json");
  CHECK_EQ(accepted({"exec", "--", "resume"}).prompt, "resume");
  CHECK_EQ(accepted({"exec"}).prompt, std::nullopt);
}

SCENARIO("who the agent is may be said on either level, by a name that exists") {
  CHECK(!accepted({"exec", "hi"}).identity);
  CHECK(!accepted({"exec", "hi"}).mode);
  CHECK(accepted({"exec", "--identity", "explorer", "hi"}).identity == identity_kind::explorer);
  CHECK(accepted({"exec", "--mode", "plan", "hi"}).mode == mode_kind::plan);
  CHECK(accepted({"exec", "--identity", "nobody", "resume", "--last", "--identity", "programmer"})
          .identity == identity_kind::programmer);
  CHECK(!parsed({"exec", "--identity", "wizard", "hi"}));
  CHECK(!parsed({"exec", "--mode", "execute", "hi"}));
}

SCENARIO("a port for metrics may stand on either level, and must be one") {
  CHECK_EQ(accepted({"exec", "hi"}).metrics_port, std::nullopt);
  CHECK_EQ(accepted({"exec", "--metrics-port", "0", "hi"}).metrics_port, 0);
  CHECK_EQ(accepted({"exec", "--metrics-port=65535", "hi"}).metrics_port, 65535);
  CHECK_EQ(accepted({"exec", "resume", "--last", "--metrics-port", "9100"}).metrics_port, 9100);
  CHECK_EQ(accepted({"exec", "--metrics-port", "9100", "resume", "--last"}).metrics_port, 9100);
  for (const auto* port : {"65536", "-1", "http", ""})
    CHECK(!parsed({"exec", "--metrics-port", port, "hi"}));
}

SCENARIO("images are greedy for exec, so the prompt comes first, behind -- or from stdin") {
  CHECK_EQ(accepted({"exec", "look", "-i", "a.png", "b.png"}).images, (words{"a.png", "b.png"}));
  CHECK_EQ(accepted({"exec", "look", "-i", "a.png", "b.png"}).prompt, "look");
  CHECK_EQ(accepted({"exec", "-i", "a.png", "look"}).images, (words{"a.png", "look"}));
  CHECK_EQ(accepted({"exec", "-i", "a.png", "look"}).prompt, std::nullopt);
  CHECK_EQ(accepted({"exec", "-i", "a.png", "--", "look"}).images, (words{"a.png"}));
  CHECK_EQ(accepted({"exec", "-i", "a.png", "--", "look"}).prompt, "look");
  CHECK_EQ(accepted({"exec", "--image", "a.png,b.png"}).images, (words{"a.png", "b.png"}));
  CHECK_EQ(accepted({"exec", "--image", "a.png", "--image", "b.png", "--json"}).images,
           (words{"a.png", "b.png"}));
  CHECK_EQ(accepted({"exec", "-i", "a.png", "resume", "ID"}).resume, session("ID"));
}

SCENARIO("an image of resume takes one word and comes behind those of exec") {
  const auto args =
    accepted({"exec", "-i", "a.png", "resume", "ID", "--image", "b.png,c.png", "go on"});
  CHECK_EQ(args.images, (words{"a.png", "b.png", "c.png"}));
  CHECK_EQ(args.prompt, "go on");
  CHECK_EQ(args.resume, session("ID"));
}

SCENARIO("resume takes an id and a prompt, or with --last a prompt only") {
  CHECK_EQ(accepted({"exec", "hi"}).resume, std::nullopt);
  CHECK_EQ(accepted({"exec", "resume"}).resume, exec::resume_target{});
  CHECK_EQ(accepted({"exec", "resume", "ID"}).resume, session("ID"));
  CHECK_EQ(accepted({"exec", "resume", "ID"}).prompt, std::nullopt);
  CHECK_EQ(accepted({"exec", "resume", "ID", "more"}).prompt, "more");
  CHECK_EQ(accepted({"exec", "resume", "--last"}).resume, (exec::resume_target{{}, true, false}));
  CHECK_EQ(accepted({"exec", "resume", "--last", "more"}).resume,
           (exec::resume_target{{}, true, false}));
  CHECK_EQ(accepted({"exec", "resume", "--last", "more"}).prompt, "more");
  CHECK_EQ(accepted({"exec", "resume", "--last", "--all", "-"}).resume,
           (exec::resume_target{{}, true, true}));
  CHECK_EQ(accepted({"exec", "resume", "--last", "--all", "-"}).prompt, "-");
}

SCENARIO("the prompt may stand before resume; one behind it wins") {
  CHECK_EQ(accepted({"exec", "early", "resume", "--last"}).prompt, "early");
  CHECK_EQ(accepted({"exec", "early", "resume", "ID"}).prompt, "early");
  CHECK_EQ(accepted({"exec", "early", "resume", "ID", "late"}).prompt, "late");
  CHECK(!parsed({"exec", "resume", "ID", "one", "two"}));
  CHECK(!parsed({"exec", "one", "two"}));
}

SCENARIO("options may stand before and behind resume; the one behind wins") {
  const auto args = accepted({"exec", "--json", "--model", "a", "-s", "read-only", "resume",
                              "--last", "--model", "b", "--skip-git-repo-check", "go"});
  CHECK(args.json);
  CHECK(args.skip_git_check);
  CHECK_EQ(args.model, "b");
  CHECK_EQ(args.sandbox, sandbox_mode::read_only);
  CHECK_EQ(accepted({"exec", "-m", "a", "resume", "ID"}).model, "a");
}

SCENARIO("overrides keep the order root, exec, resume") {
  CLI::App root{"test", "troupe"};
  common::override_options root_overrides;
  common::add_override_options(root, root_overrides);
  exec::exec_parser uut{root};
  words line{"-c",   "a=0", "--enable", "collab", "exec", "--config", "b=[1]", "--disable",
             "undo", "-c",  "x=y=z",    "resume", "ID",   "-c",       "c=2"};
  std::ranges::reverse(line);
  root.parse(std::move(line));
  auto levels = uut.finish().overrides;
  levels.insert(levels.begin(), common::given_overrides(root));
  const auto joined = common::joined_overrides(levels);
  REQUIRE(std::holds_alternative<words>(joined));
  CHECK_EQ(std::get<words>(joined),
           (words{"a=0", "features.collab=true", "b=[1]", "x=y=z", "features.undo=false", "c=2"}));
}

SCENARIO("an unknown feature is an error of the configuration") {
  const std::vector<common::override_options> levels{{{}, {"no_such_thing"}, {}}};
  const auto joined = common::joined_overrides(levels);
  REQUIRE(std::holds_alternative<config::config_error>(joined));
  CHECK_EQ(to_string(std::get<config::config_error>(joined)),
           "Error: Unknown feature flag: no_such_thing");
}

SCENARIO("the SDK's argument vector is accepted") {
  const auto args = accepted({"exec",
                              "--experimental-json",
                              "--config",
                              "approval_policy=\"never\"",
                              "--config",
                              "tool_rules.allow=[\"git status\"]",
                              "--config",
                              "features={}",
                              "--model",
                              "gpt-5.5",
                              "--thread-source",
                              "sdk",
                              "--sandbox",
                              "workspace-write",
                              "--cd",
                              "/ws",
                              "--add-dir",
                              "../backend",
                              "--add-dir",
                              "/tmp/shared",
                              "--skip-git-repo-check",
                              "--output-schema",
                              "/tmp/s.json",
                              "--cyber-access-program",
                              "standard",
                              "--config",
                              "web_search=\"cached\"",
                              "resume",
                              "0199a213-81c0-7800-8aa1-bbab2a035a53",
                              "--image",
                              "a.png",
                              "--image",
                              "b.png"});
  CHECK(args.json);
  CHECK(args.skip_git_check);
  CHECK_EQ(args.model, "gpt-5.5");
  CHECK_EQ(args.sandbox, sandbox_mode::workspace_write);
  CHECK_EQ(args.working_root, "/ws");
  CHECK_EQ(args.writable_roots, (words{"../backend", "/tmp/shared"}));
  CHECK_EQ(args.output_schema, "/tmp/s.json");
  CHECK_EQ(args.images, (words{"a.png", "b.png"}));
  CHECK_EQ(args.resume, session("0199a213-81c0-7800-8aa1-bbab2a035a53"));
  CHECK_EQ(args.prompt, std::nullopt);
  CHECK_EQ(args.refusal, std::nullopt);
  CHECK_EQ(args.overrides.at(0).settings,
           (words{"approval_policy=\"never\"", "tool_rules.allow=[\"git status\"]", "features={}",
                  "web_search=\"cached\""}));
}

SCENARIO("permissions have short forms") {
  CHECK_EQ(accepted({"exec", "x"}).sandbox, std::nullopt);
  CHECK_EQ(accepted({"exec", "x", "--full-auto"}).sandbox, sandbox_mode::workspace_write);
  CHECK_EQ(accepted({"exec", "x", "--yolo"}).sandbox, sandbox_mode::danger_full_access);
  CHECK(accepted({"exec", "x", "--yolo"}).skip_git_check);
  CHECK_EQ(accepted({"exec", "x", "--dangerously-bypass-approvals-and-sandbox"}).sandbox,
           sandbox_mode::danger_full_access);
  CHECK_EQ(accepted({"exec", "x", "-s", "danger-full-access"}).sandbox,
           sandbox_mode::danger_full_access);
  CHECK(!accepted({"exec", "x", "-s", "danger-full-access"}).skip_git_check);
}

SCENARIO("--offline takes a scenario only behind an equals sign") {
  CHECK_EQ(accepted({"exec", "hi"}).offline, std::nullopt);
  CHECK_EQ(accepted({"exec", "--offline", "hi"}).offline, "");
  CHECK_EQ(accepted({"exec", "--offline", "hi"}).prompt, "hi");
  CHECK_EQ(accepted({"exec", "--offline=my.toml", "hi"}).offline, "my.toml");
  CHECK_EQ(accepted({"exec", "--offline", "--seed", "7", "hi"}).seed, 7u);
}

SCENARIO("a local provider counts only with --oss") {
  CHECK_EQ(accepted({"exec", "x"}).local_provider, std::nullopt);
  CHECK_EQ(accepted({"exec", "x", "--oss"}).local_provider, "");
  CHECK_EQ(accepted({"exec", "x", "--oss", "--local-provider", "ollama"}).local_provider, "ollama");
}

SCENARIO("outputs are chosen by options") {
  CHECK(accepted({"exec", "x", "--color", "never"}).color == common::color_choice::never);
  CHECK(accepted({"exec", "x", "--color", "always"}).color == common::color_choice::always);
  CHECK(accepted({"exec", "x"}).color == common::color_choice::automatic);
  CHECK_EQ(accepted({"exec", "x", "-o", "out.txt"}).last_message_file, "out.txt");
  CHECK_EQ(accepted({"exec", "resume", "--last", "-o", "out.txt"}).last_message_file, "out.txt");
  CHECK(accepted({"exec", "x", "--ephemeral"}).ephemeral);
  CHECK(accepted({"exec", "x", "--json"}).json);
}

SCENARIO("a wrong command line is refused") {
  const std::vector<words> lines{{"exec", "--no-such-flag"},
                                 {"exec", "-s", "everything"},
                                 {"exec", "--color", "pink"},
                                 {"exec", "--local-provider", "cloud"},
                                 {"exec", "--cyber-access-program", "other"},
                                 {"exec", "--seed", "many"},
                                 {"exec", "x", "--yolo", "--full-auto"},
                                 {"exec", "--yolo", "resume", "ID", "--full-auto"},
                                 {"exec", "-m"},
                                 {"exec", "-m", "a", "-m", "b"}};
  std::vector<words> accepted_lines;
  std::ranges::copy_if(lines, std::back_inserter(accepted_lines),
                       [](const words& line) { return parsed(line).has_value(); });
  CHECK_EQ(accepted_lines, std::vector<words>{});
}

SCENARIO("what is not built yet says so") {
  CHECK_EQ(accepted({"exec", "review", "--base", "main"}).refusal,
           "`troupe exec review` is not available yet");
  CHECK_EQ(accepted({"exec", "fork", "ID", "and then"}).refusal,
           "`troupe exec fork` is not available yet");
  CHECK_EQ(accepted({"exec", "x", "--worktree"}).refusal, "--worktree is not available yet");
  CHECK_EQ(accepted({"exec", "x", "--ignore-rules"}).refusal, std::nullopt);
}

SCENARIO("every visible option has a help text") {
  CLI::App root{"test", "troupe"};
  exec::exec_parser uut{root};
  for (const auto* app : {&uut.app(), uut.app().get_subcommand("resume")})
    for (const auto* option : app->get_options())
      if (option->get_description().empty())
        FAIL("no help for " << option->get_name(true));
  CHECK(uut.app().help().find("--output-schema") != std::string::npos);
  CHECK_EQ(uut.app().help().find("--worktree"), std::string::npos);
}
