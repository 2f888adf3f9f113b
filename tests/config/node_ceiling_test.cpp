#define CAF_SUITE node_ceiling
#include <caf/test/bdd_dsl.hpp>

#include "config/node_ceiling.hpp"
#include "tests/config/loading.hpp"

using namespace troupe;
using namespace troupe::config;
using namespace troupe::config::test;

namespace {

struct fixture : config_fixture {
  node_ceiling read(std::string_view text) const {
    user_file(text);
    auto result = load_node_ceiling(request);
    if (const auto* error = std::get_if<config_error>(&result))
      CAF_FAIL("refused: " << error->message);
    return std::get<node_ceiling>(std::move(result));
  }

  std::string refusal(std::string_view text) const {
    user_file(text);
    const auto result = load_node_ceiling(request);
    REQUIRE(std::holds_alternative<config_error>(result));
    return std::get<config_error>(result).message;
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("without settings others may read and no more") {
  CHECK_EQ(read(""), node_ceiling{});
  CHECK_EQ(node_ceiling{}.sandbox, sandbox_mode::read_only);
  CHECK(!node_ceiling{}.network_access);
  CHECK_EQ(node_ceiling{}.share_of_threads(), 250u);
}

SCENARIO("what others may do is written in one table") {
  const auto x = read(R"([node]
sandbox_mode = "workspace-write"
network_access = true
roots = ["/srv/work/"]
providers = ["p"]
models = ["m"]
members = ["left"]
max_threads = 3
max_threads_per_member = 2
)");
  CHECK_EQ(x.sandbox, sandbox_mode::workspace_write);
  CHECK(x.network_access);
  CHECK_EQ(x.providers, std::vector<std::string>{"p"});
  CHECK_EQ(x.models, std::vector<std::string>{"m"});
  CHECK_EQ(x.members, std::vector<std::string>{"left"});
  CHECK_EQ(x.max_threads, 3u);
  CHECK_EQ(x.share_of_threads(), 2u);
  REQUIRE_EQ(x.roots.size(), 1u);
}

SCENARIO("mistakes are named") {
  for (const auto* key : {"sandbox_mode = \"external-sandbox\"", "sandbox_mode = \"all\"",
                          "network_access = 1", "roots = \"/\"", "members = [\"a/b\"]",
                          "max_threads = -1", "max_threads_per_member = \"all\""}) {
    const auto name = std::string{key}.substr(0, std::string_view{key}.find(' '));
    const auto said = refusal("[node]\n" + std::string{key} + "\n");
    if (said.find(name) == std::string::npos)
      CAF_FAIL("does not name " << name << ": " << said);
  }
}

SCENARIO("a misspelt key is named, and a mode is chosen from those that there are") {
  CHECK(refusal("[node]\nmax_thread = 3\n")
          .find("unknown key `node.max_thread`; did you mean \"max_threads\"?") !=
        std::string::npos);
  CHECK(refusal("[node]\nsandbox_mode = 'open'\n")
          .find("`node.sandbox_mode` must be `read-only`, `workspace-write` or "
                "`danger-full-access`") != std::string::npos);
}

SCENARIO("a root that is written as a relative path is refused, one in the home is found") {
  const auto said = refusal("[node]\nroots = [\"/srv\", \"work\"]\n");
  CAF_CHECK_NOT_EQUAL(
    said.find("`node.roots`: \"work\" is no absolute path; write it from / or ~/ on"),
    std::string::npos);
  request.env = [](std::string_view name) {
    return name == "HOME" ? std::optional<std::string>{"/home/me"} : std::nullopt;
  };
  CHECK_EQ(read("[node]\nroots = [\"~/work\"]\n").roots, std::vector<std::string>{"/home/me/work"});
  request.env = [](std::string_view name) {
    return name == "HOME" ? std::optional<std::string>{"me"} : std::nullopt;
  };
  CHECK_EQ(read("[node]\nroots = [\"~/work\"]\n").roots,
           std::vector<std::string>{(std::filesystem::current_path() / "me/work").string()});
}

SCENARIO("numbers of threads are bounded, and the value is named") {
  const auto must_say = [this](std::string_view text, std::string_view words) {
    const auto said = refusal("[node]\n" + std::string{text} + "\n");
    if (said.find(words) == std::string::npos)
      CAF_FAIL("not '" << words << "': " << said);
  };
  must_say("max_threads = 0", "`node.max_threads` is 0; it must be from 1 to 100000");
  must_say("max_threads = -1", "`node.max_threads` is -1; it must be from 1 to 100000");
  must_say("max_threads = 100001", "`node.max_threads` is 100001; it must be from 1 to 100000");
  must_say("max_threads_per_member = 0", "`node.max_threads_per_member` is 0");
  must_say("max_threads = 3\nmax_threads_per_member = 4",
           "`node.max_threads_per_member` is 4; it must be from 1 to 3");
  CHECK_EQ(read("[node]\nmax_threads = 100000\n").max_threads, 100'000u);
}

SCENARIO("a root that is no folder is named with the remedy") {
  node_ceiling x;
  x.roots = {workspace.string()};
  CHECK_EQ(problem_of_roots(x), std::nullopt);
  const auto missing = (workspace / "none").string();
  x.roots.push_back(missing);
  CHECK_EQ(problem_of_roots(x),
           "[node] roots: " + missing +
             ": No such file or directory; make this folder, or take it out of config.toml");
  x.roots = {disk.write("file", "x").string()};
  CHECK_EQ(problem_of_roots(x),
           "[node] roots: " + x.roots.front() +
             ": is no folder; make this folder, or take it out of config.toml");
}

SCENARIO("a project raises no ceiling") {
  trust(workspace);
  disk.write("ws/.codex/config.toml", "[node]\nsandbox_mode = \"danger-full-access\"\n");
  const auto result = load_node_ceiling(request);
  REQUIRE(std::holds_alternative<node_ceiling>(result));
  CHECK_EQ(std::get<node_ceiling>(result), node_ceiling{});
}

END_FIXTURE_SCOPE()
