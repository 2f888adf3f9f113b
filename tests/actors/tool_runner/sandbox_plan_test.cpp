#define CAF_SUITE sandbox_plan
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/sandbox_plan.hpp"

#include <map>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::tool_runner;

namespace {

using words = std::vector<std::string>;

class memory_paths final : public path_view {
public:
  path_kind kind(const std::string& path) const override {
    const auto real = resolved(path);
    return real ? kinds.at(*real) : path_kind::missing;
  }
  std::optional<std::string> resolved(const std::string& path) const override {
    for (const auto& [link, target] : links)
      if (path.starts_with(link))
        return resolved(target + path.substr(link.size()));
    return kinds.contains(path) ? std::optional{path} : std::nullopt;
  }
  std::string first_line(const std::string& path) const override {
    const auto i = lines.find(path);
    return i == lines.end() ? "" : i->second;
  }

  std::map<std::string, path_kind> kinds{{"/w", path_kind::folder}, {"/tmp", path_kind::folder}};
  std::map<std::string, std::string> links;
  std::map<std::string, std::string> lines;
};

constexpr sandbox_policy read_only{.mode = sandbox_mode::read_only, .writable_roots = {}};
constexpr sandbox_policy workspace{.mode = sandbox_mode::workspace_write, .writable_roots = {}};

struct fixture {
  memory_paths files;

  sandbox_plan plan(const words& roots) {
    auto result = plan_sandbox(workspace, roots, files);
    REQUIRE(std::holds_alternative<sandbox_plan>(result));
    return std::get<sandbox_plan>(result);
  }
};

const bubblewrap_abilities able{.program = "/usr/bin/bwrap"};

words argv_of(const sandbox_plan& plan, const bubblewrap_abilities& abilities = able) {
  return bubblewrap_argv(plan, abilities, "/w", words{"ls", "-l"});
}

/// The arguments of `option` wherever it occurs, two each, joined by a blank.
words pairs(const words& argv, std::string_view option) {
  words result;
  for (std::size_t i = 0; i + 2 < argv.size() && argv[i] != "--"; ++i)
    if (argv[i] == option)
      result.push_back(argv[i + 1] + " " + argv[i + 2]);
  return result;
}

bool has(const words& argv, std::string_view word) {
  return std::find(argv.begin(), argv.end(), word) != argv.end();
}

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("repository and agent settings in a root are protected") {
  files.kinds["/w/.git"] = path_kind::folder;
  files.kinds["/w/.codex"] = path_kind::folder;
  files.kinds["/w/.agents"] = path_kind::file;
  const sandbox_plan expected{{{"/w", "/w", {"/w/.git", "/w/.codex"}}, {"/tmp", "/tmp", {}}}};
  CHECK(plan({"/w", "/tmp"}) == expected);
}

SCENARIO("the folder that a .git file points to is protected too") {
  files.kinds["/w/.git"] = path_kind::file;
  files.kinds["/w/real"] = path_kind::folder;
  files.kinds["/repo/x"] = path_kind::folder;
  const auto guarded = [&](std::string line) {
    files.lines["/w/.git"] = std::move(line);
    return plan({"/w"}).roots.at(0).protected_paths;
  };
  const words near{"/w/.git", "/w/real"};
  const words far{"/w/.git", "/repo/x"};
  const words alone{"/w/.git"};
  CHECK_EQ(guarded("gitdir: real"), near);
  CHECK_EQ(guarded("gitdir: ../repo/x\r"), far);
  CHECK_EQ(guarded("gitdir: /repo/x"), far);
  for (const auto* line : {"gitdir: /missing", "gitdir:", "nonsense", ""})
    CHECK_EQ(guarded(line), alone);
}

SCENARIO("symbolic links are replaced by what they lead to") {
  files.kinds["/real"] = path_kind::folder;
  files.kinds["/real/dot"] = path_kind::folder;
  files.links = {{"/link", "/real"}, {"/real/.git", "/real/dot"}};
  const sandbox_plan expected{{{"/link", "/real", {"/real/dot"}}}};
  CHECK(plan({"/link"}) == expected);
}

SCENARIO("a root that does not exist is a problem") {
  const auto result = plan_sandbox(workspace, words{"/w", "/gone"}, files);
  REQUIRE(std::holds_alternative<sandbox_problem>(result));
  CHECK_EQ(std::get<sandbox_problem>(result).message,
           "Sandbox expected writable root /gone, but it does not exist.");
}

SCENARIO("patches may write inside roots but not inside protected paths") {
  files.kinds["/w/.git"] = path_kind::folder;
  files.links = {{"/link", "/w"}};
  const auto x = plan({"/w"});
  CHECK(may_write(x, "/w/a/b"));
  CHECK(may_write(x, "/w/.gitignore"));
  for (const auto* path : {"/w/.git", "/w/.git/config", "/ws/a", "/etc/passwd", "/link/a", "/"})
    CHECK(!may_write(x, path));
  const auto linked = plan({"/link"});
  CHECK(may_write(linked, "/link/a"));
  CHECK(may_write(linked, "/w/a"));
  CHECK(!may_write(linked, "/link/.git/config"));
  CHECK(!may_write({}, "/w/a"));
}

SCENARIO("everything is read-only but roots, and protected paths again") {
  files.kinds["/w/.git"] = path_kind::file;
  files.kinds["/tmp/repo"] = path_kind::folder;
  files.kinds["/elsewhere"] = path_kind::folder;
  files.lines["/w/.git"] = "gitdir: /tmp/repo";
  const auto argv = argv_of(plan({"/w", "/tmp"}));
  const words read_only_binds{"/ /", "/tmp/repo /tmp/repo", "/w/.git /w/.git"};
  const words binds{"/w /w", "/tmp /tmp"};
  CHECK_EQ(pairs(argv, "--ro-bind"), read_only_binds);
  CHECK_EQ(pairs(argv, "--bind"), binds);
  files.lines["/w/.git"] = "gitdir: /elsewhere";
  const words inside_only{"/ /", "/w/.git /w/.git"};
  CHECK_EQ(pairs(argv_of(plan({"/w", "/tmp"})), "--ro-bind"), inside_only);
}

SCENARIO("the whole call of a read-only sandbox without network") {
  auto result = plan_sandbox(read_only, {}, files);
  const words expected{"/usr/bin/bwrap",
                       "--new-session",
                       "--die-with-parent",
                       "--ro-bind",
                       "/",
                       "/",
                       "--dev-bind",
                       "/dev/null",
                       "/dev/null",
                       "--dev-bind-try",
                       "/dev/zero",
                       "/dev/zero",
                       "--dev-bind-try",
                       "/dev/full",
                       "/dev/full",
                       "--dev-bind-try",
                       "/dev/random",
                       "/dev/random",
                       "--dev-bind-try",
                       "/dev/urandom",
                       "/dev/urandom",
                       "--unshare-pid",
                       "--proc",
                       "/proc",
                       "--unshare-net",
                       "--seccomp",
                       "10",
                       "--chdir",
                       "/w",
                       "--",
                       "ls",
                       "-l"};
  CHECK_EQ(argv_of(std::get<sandbox_plan>(result)), expected);
}

SCENARIO("with network there is neither a namespace nor a filter for it") {
  auto policy = workspace;
  policy.network_access = true;
  const auto result = plan_sandbox(policy, words{"/w"}, files);
  const auto argv = argv_of(std::get<sandbox_plan>(result));
  CHECK(!has(argv, "--unshare-net"));
  CHECK(!has(argv, "--seccomp"));
}

SCENARIO("what the machine cannot do is left out, the filter never") {
  auto abilities = able;
  abilities.own_proc = false;
  abilities.own_network = false;
  const auto argv = argv_of(plan({"/w"}), abilities);
  CHECK(!has(argv, "--proc"));
  CHECK(!has(argv, "--unshare-net"));
  CHECK(has(argv, "--seccomp"));
}

SCENARIO("root loses the privileges that could undo the sandbox") {
  using enum bubblewrap_abilities::privilege;
  auto abilities = able;
  CHECK(!has(argv_of(plan({"/w"}), abilities), "--cap-drop"));
  abilities.runs_as = root;
  const auto argv = argv_of(plan({"/w"}), abilities);
  CHECK(has(argv, "--cap-drop"));
  CHECK(!has(argv, "CAP_SYS_ADMIN"));
  CHECK(!has(argv, "--unshare-user"));
  abilities.runs_as = root_in_user_namespace;
  CHECK(has(argv_of(plan({"/w"}), abilities), "--unshare-user"));
}

SCENARIO("a failed trial tells what to do without") {
  using enum bubblewrap_abilities::privilege;
  auto abilities = able;
  abilities.runs_as = root;
  auto next =
    reduced_abilities(abilities, "bwrap: Can't mount proc on /newroot/proc: Invalid argument");
  REQUIRE(next);
  CHECK(!next->own_proc);
  CHECK(next->own_network);
  next = reduced_abilities(*next, "bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted");
  REQUIRE(next);
  CHECK(!next->own_network);
  next = reduced_abilities(*next, "bwrap: Creating new namespace failed: Operation not permitted");
  REQUIRE(next);
  CHECK(next->runs_as == root_in_user_namespace);
  CHECK(!reduced_abilities(*next, "bwrap: Creating new namespace failed"));
  CHECK(!reduced_abilities(able, "bwrap: setting up uid map: Permission denied"));
}

SCENARIO("a sandbox denial is guessed from output and exit code") {
  for (const auto* output :
       {"touch: x: Read-only file system", "Operation not permitted", "PERMISSION DENIED",
        "Failed to write file x", "seccomp", "the sandbox", "Landlock"})
    CHECK(is_sandbox_denial(1, output));
  CHECK(is_sandbox_denial(127, "sh: x: Permission denied"));
  CHECK(is_sandbox_denial(128 + 31, ""));
  CHECK(!is_sandbox_denial(0, "Permission denied"));
  for (const auto code : {1, 2, 126, 127, 139})
    CHECK(!is_sandbox_denial(code, "no such file"));
}

END_FIXTURE_SCOPE()
