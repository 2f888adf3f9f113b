#define CAF_SUITE sandbox_plan
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/bubblewrap_call.hpp"
#include "actors/tool_runner/git_paths.hpp"
#include "actors/tool_runner/path_text.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
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
      if (is_inside(path, link))
        return resolved(absolute_path("/", target + path.substr(link.size())));
    return kinds.contains(path) ? std::optional{path} : std::nullopt;
  }
  bool is_link(const std::string& path) const override { return links.contains(path); }
  std::string link_text(const std::string& path) const override {
    const auto said = texts.find(path);
    const auto i = links.find(path);
    return said != texts.end() ? said->second : i == links.end() ? "" : i->second;
  }
  bool is_vacant(const std::string& path) const override {
    return path == placeholder || kind(path) == path_kind::missing;
  }
  words names_in(const std::string& path) const override {
    words result;
    for (const auto& [name, kind] : kinds)
      if (name.starts_with(path + "/") && name.find('/', path.size() + 1) == std::string::npos)
        result.push_back(name.substr(path.size() + 1));
    return result;
  }
  std::string first_line(const std::string& path) const override {
    const auto i = lines.find(path);
    return i == lines.end() ? "" : i->second;
  }

  void add_repository(const std::string& path) {
    for (const auto* name : {"", "/objects", "/refs"})
      kinds[path + name] = path_kind::folder;
    kinds[path + "/HEAD"] = path_kind::file;
  }

  std::map<std::string, path_kind> kinds{{"/w", path_kind::folder}, {"/tmp", path_kind::folder}};
  std::map<std::string, std::string> links; ///< whole paths
  std::map<std::string, std::string> texts; ///< what they say, where that is another text
  std::map<std::string, std::string> lines;
  std::string placeholder;
};

constexpr sandbox_policy read_only{.mode = sandbox_mode::read_only, .writable_roots = {}};
constexpr sandbox_policy workspace{.mode = sandbox_mode::workspace_write, .writable_roots = {}};

sandbox_question a_question() {
  sandbox_question x;
  x.policy = workspace;
  x.cwd = "/w";
  return x;
}

struct fixture {
  memory_paths files;
  sandbox_question question = a_question();

  std::variant<sandbox_plan, sandbox_problem> outcome(const words& roots) {
    question.roots.clear();
    for (const auto& root : roots)
      question.roots.push_back({root, files.resolved(root).value_or(root)});
    return plan_sandbox(question, files);
  }

  sandbox_plan plan(const words& roots) {
    auto result = outcome(roots);
    REQUIRE(std::holds_alternative<sandbox_plan>(result));
    return std::get<sandbox_plan>(result);
  }

  /// Each mount as "kind path" or "kind path=source".
  words mounts(const words& roots) {
    constexpr std::array names{"rw", "ro", "missing", "sealed", "nothing"};
    words result;
    for (const auto& x : plan(roots).mounts) {
      auto text = std::string{names.at(static_cast<std::size_t>(x.kind))} + " " + x.path;
      if (!x.source.empty())
        text += "=" + x.source;
      result.push_back(std::move(text));
    }
    return result;
  }
};

const bubblewrap_abilities able{.program = "/usr/bin/bwrap"};

words argv_of(const sandbox_plan& plan, const bubblewrap_abilities& abilities = able,
              std::optional<std::uint32_t> uid = {}) {
  return bubblewrap_argv(plan, abilities,
                         {.cwd = "/w",
                          .command = {"ls", "-l"},
                          .late_environment = {"LD_LIBRARY_PATH=a:"},
                          .own_program = "/usr/bin/troupe",
                          .uid = uid,
                          .gid = 7});
}

bool has(const words& argv, std::string_view word) {
  return std::find(argv.begin(), argv.end(), word) != argv.end();
}

std::string text_of(const words& argv) {
  std::string result;
  for (const auto& word : argv)
    result += word + " ";
  return result;
}

bool says(const words& argv, std::string_view part) {
  return text_of(argv).find(part) != std::string::npos;
}

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("repository and agent settings in a root are protected, missing ones stay missing") {
  files.kinds["/w/.git"] = path_kind::folder;
  files.kinds["/w/.agents"] = path_kind::folder;
  files.placeholder = "/w/.agents"; // of another command
  const words expected{"rw /w", "missing /w/.agents", "missing /w/.codex", "ro /w/.git"};
  CHECK_EQ(mounts({"/w"}), expected);
}

SCENARIO("the folders that a .git file stands for are protected too, where they could be written") {
  files.kinds["/w/.git"] = path_kind::file;
  for (const auto* path : {"/w/real", "/w/common", "/repo/x"})
    files.add_repository(path);
  files.kinds["/w/plain"] = path_kind::folder;
  const auto guarded = [&](std::string line) {
    files.lines["/w/.git"] = std::move(line);
    auto result = mounts({"/w"});
    std::erase_if(result, [](const auto& x) { return !x.starts_with("ro "); });
    return result;
  };
  const words near{"ro /w/.git", "ro /w/real"};
  const words alone{"ro /w/.git"};
  CHECK_EQ(guarded("gitdir: real"), near);
  for (const auto* line : {"gitdir: ../repo/x\r", "gitdir: /missing", "gitdir: plain", "gitdir: .",
                           "gitdir: ..", "gitdir:", "nonsense", ""})
    CHECK_EQ(guarded(line), alone);
  files.lines["/w/real/commondir"] = "../common";
  const words worktree{"ro /w/.git", "ro /w/common", "ro /w/real"};
  CHECK_EQ(guarded("gitdir: real"), worktree);
  files.add_repository("/w"); // as an agent may make it look: the root stays what it is
  CHECK_EQ(guarded("gitdir: ."), alone);
}

SCENARIO("a symbolic link in place of a protected path protects what it leads to, and is kept") {
  for (const auto* path : {"/w/store", "/home/u", "/home/u/codex", "/w/sub", "/w/sub/store"})
    files.kinds[path] = path_kind::folder;
  const struct {
    std::string text;
    std::string guarded; ///< empty: nothing need be
  } cases[] = {{"store", "ro /w/store"},    {"./x/../store", "ro /w/store"},
               {"/w/store", "ro /w/store"}, {"/home/u/codex", ""},
               {"../home/u/codex", ""},     {"/home/u/missing", ""}};
  for (const auto& x : cases) {
    files.links = {{"/w/.codex", x.text.starts_with('/') ? x.text : "/w/" + x.text}};
    files.texts = {{"/w/.codex", x.text}};
    const auto all = mounts({"/w"});
    const words others{"rw /w", "missing /w/.agents", "missing /w/.git"};
    CHECK_EQ(all.size(), others.size() + (x.guarded.empty() ? 0 : 1));
    for (const auto& mount : others)
      CHECK(has(all, mount));
    CHECK(x.guarded.empty() || has(all, x.guarded));
    const std::vector<kept_link> kept{{"/w/.codex", x.text}};
    CHECK(plan({"/w"}).links == kept);
    CHECK(!may_write(plan({"/w"}), "/w/.codex/config.toml"));
  }
}

SCENARIO("a link whose way commands could change is refused for its folder") {
  for (const auto* path : {"/w/store", "/w/sub", "/w/sub/store", "/home", "/home/w"})
    files.kinds[path] = path_kind::folder;
  const auto is_refused = [&](const std::string& root) {
    const auto result = outcome({root});
    const auto* problem = std::get_if<sandbox_problem>(&result);
    return problem != nullptr && problem->why == sandbox_problem::cause::folder &&
           problem->message.find("/w/.codex is a symbolic link") != std::string::npos;
  };
  // A folder on the way can be renamed, nothing is there yet, or the root lies in it.
  for (const auto* target : {"/w/sub/store", "/w/missing", "/w", "/"}) {
    files.links = {{"/w/.codex", target}};
    CHECK(is_refused("/w"));
  }
  // Another link that can be replaced, on the way or behind one that cannot.
  files.links = {{"/w/.codex", "/w/next"}, {"/w/next", "/w/store"}};
  CHECK(is_refused("/w"));
  files.links = {{"/w/.codex", "/home/next"}, {"/home/next", "/w/sub/store"}};
  CHECK(is_refused("/w"));
  files.links = {{"/w/.codex", "/home/next"}, {"/home/next", "/w/store"}};
  CHECK(!is_refused("/w"));
}

SCENARIO("repositories below a root are protected") {
  question.repositories = {"/w/a/.git", "/outside/.git"};
  const auto all = mounts({"/w"});
  CHECK(has(all, "ro /w/a/.git"));
  CHECK(!has(all, "ro /outside/.git"));
}

SCENARIO("patches may write inside roots but not inside protected paths") {
  files.kinds["/w/.git"] = path_kind::folder;
  files.links = {{"/link", "/w"}};
  const auto x = plan({"/w"});
  CHECK(may_write(x, "/w/a/b"));
  CHECK(may_write(x, "/w/.gitignore"));
  for (const auto* path : {"/w/.git", "/w/.git/config", "/w/.codex/config.toml", "/ws/a",
                           "/etc/passwd", "/link/a", "/"})
    CHECK(!may_write(x, path));
  const auto linked = plan({"/link"});
  CHECK(may_write(linked, "/link/a"));
  CHECK(may_write(linked, "/w/a"));
  CHECK(!may_write(linked, "/link/.git/config"));
  CHECK(!may_write({}, "/w/a"));
}

SCENARIO("the home is sealed, and shows everything but the login and others' folders") {
  question.home = "/w/home";
  for (const auto* name : {"/w/home", "/w/home/sessions", "/w/home/tmp"})
    files.kinds[name] = path_kind::folder;
  for (const auto* name :
       {"/w/home/.env", "/w/home/auth.json", "/w/home/auth.json.lock", "/w/home/config.toml"})
    files.kinds[name] = path_kind::file;
  const auto all = mounts({"/w"});
  const words expected{"rw /w",
                       "missing /w/.agents",
                       "missing /w/.codex",
                       "missing /w/.git",
                       "sealed /w/home",
                       "ro /w/home/config.toml=/w/home/config.toml",
                       "ro /w/home/sessions=/w/home/sessions"};
  CHECK_EQ(all, expected);
  CHECK(plan({"/w/home", "/w/home/sessions"}).roots.empty());
}

SCENARIO("folders on the way to what is covered are mounts, so that nobody can move them") {
  question.home = "/w/a/b/home";
  question.results = "/w/a/out";
  question.hidden = {"/w/keys", "/elsewhere/keys"};
  for (const auto* name :
       {"/w/a", "/w/a/b", "/w/a/b/home", "/w/a/out", "/w/keys", "/elsewhere", "/elsewhere/keys"})
    files.kinds[name] = path_kind::folder;
  const auto all = mounts({"/w"});
  const words expected{
    "rw /w",     "missing /w/.agents", "missing /w/.codex", "missing /w/.git", "rw /w/a",
    "rw /w/a/b", "sealed /w/a/b/home", "ro /w/a/out",       "sealed /w/keys"};
  CHECK_EQ(words(std::find(all.begin(), all.end(), "rw /w"), all.end()), expected);
}

SCENARIO("a login that the home only links to is hidden where it is") {
  question.home = "/home";
  files.kinds["/home"] = path_kind::folder;
  files.kinds["/w/login.json"] = files.kinds["/w/variables"] = path_kind::file;
  files.links = {{"/home/auth.json", "/w/login.json"}, {"/home/.env", "/w/variables"}};
  const auto all = mounts({"/w"});
  for (const auto* x : {"sealed /home", "nothing /w/login.json", "nothing /w/variables"})
    CHECK(has(all, x));
}

SCENARIO("a run's results are never writable, but for the workspace of the thread itself") {
  question.results = "/out";
  question.cwd = "/out/ws/1";
  for (const auto* name : {"/out", "/out/ws", "/out/ws/1", "/out/ws/2"})
    files.kinds[name] = path_kind::folder;
  const auto x = plan({"/out/ws/1", "/out/ws/2", "/out", "/"});
  CHECK(may_write(x, "/out/ws/1/a"));
  CHECK(may_write(x, "/etc/a"));
  for (const auto* path : {"/out/results.jsonl", "/out/ws/2/a", "/out"})
    CHECK(!may_write(x, path));
}

SCENARIO("what is hidden is replaced by nothing; what is missing is left alone") {
  question.hidden = {"/w/.ssh", "/etc/shadow", "/missing", "/link"};
  files.kinds["/w/.ssh"] = path_kind::folder;
  files.kinds["/etc/shadow"] = path_kind::file;
  files.kinds["/keys"] = path_kind::folder;
  files.links = {{"/link", "/keys"}};
  const auto all = mounts({"/w"});
  for (const auto* x : {"sealed /w/.ssh", "nothing /etc/shadow", "sealed /keys"})
    CHECK(has(all, x));
  CHECK_EQ(all.size(), 7u);
}

SCENARIO("a folder that is to be hidden with the working folder in it is refused, not shown") {
  question.cwd = "/w/sub";
  question.hidden = {"/w"};
  files.kinds["/w"] = path_kind::folder;
  files.kinds["/w/sub"] = path_kind::folder;
  const auto made = plan_sandbox(question, files);
  const auto* problem = std::get_if<sandbox_problem>(&made);
  REQUIRE(problem != nullptr);
  CHECK(problem->message.starts_with("Sandbox cannot hide /w: the working folder /w/sub lies"));
  CHECK(problem->why == sandbox_problem::cause::folder); // so that it counts as refused
}

SCENARIO("a private folder takes the place of /tmp; what a thread works with stays visible") {
  question.own_tmp = "/home/tmp/t";
  question.cwd = "/tmp/w";
  question.visible = {"/tmp/w", "/tmp/bin", "/usr/bin"};
  question.hidden = {"/tmp/secret", "/tmp/bin/secret"};
  for (const auto* name : {"/tmp/w", "/tmp/bin", "/tmp/secret", "/tmp/bin/secret"})
    files.kinds[name] = path_kind::folder;
  const words expected{"rw /tmp=/home/tmp/t", "ro /tmp/bin=/tmp/bin",   "sealed /tmp/bin/secret",
                       "rw /tmp/w",           "missing /tmp/w/.agents", "missing /tmp/w/.codex",
                       "missing /tmp/w/.git"};
  CHECK_EQ(mounts({"/tmp/w"}), expected);
  question.policy = read_only;
  const words reading{"ro /tmp=/home/tmp/t", "ro /tmp/bin=/tmp/bin", "sealed /tmp/bin/secret",
                      "ro /tmp/w=/tmp/w"};
  CHECK_EQ(mounts({}), reading);
}

SCENARIO("another user can enter the folders on the way to what is seen in a private /tmp") {
  question.own_tmp = "/home/tmp/t";
  files.kinds["/tmp/a/b/w"] = path_kind::folder;
  question.visible = {"/tmp/a/b/w"};
  question.policy = read_only;
  auto abilities = able;
  abilities.runs_as = bubblewrap_abilities::privilege::root;
  CHECK(says(argv_of(plan({}), abilities, 42),
             "--dir /tmp/a --dir /tmp/a/b --ro-bind /tmp/a/b/w /tmp/a/b/w "));
  CHECK(!has(argv_of(plan({}), abilities), "--dir"));
}

SCENARIO("the whole call of a read-only sandbox without network") {
  question.policy = read_only;
  CHECK_EQ(text_of(argv_of(plan({}))),
           "/usr/bin/bwrap --new-session --die-with-parent --ro-bind / / --dev-bind /dev/null "
           "/dev/null --dev-bind-try /dev/zero /dev/zero --dev-bind-try /dev/full /dev/full "
           "--dev-bind-try /dev/random /dev/random --dev-bind-try /dev/urandom /dev/urandom --size "
           "67108864 --tmpfs /dev/shm --unshare-pid --proc /proc --remount-ro /dev/shm "
           "--remount-ro /proc --unshare-net --seccomp 10 --setenv LD_LIBRARY_PATH a: --chdir /w "
           "-- ls -l ");
}

SCENARIO("roots are handed over by descriptor, or by name where that is not known") {
  const auto x = plan({"/tmp", "/w"});
  CHECK(says(argv_of(x), "--bind-fd 11 /tmp "));
  CHECK(says(argv_of(x), "--bind-fd 12 /w --ro-bind /w/.agents /w/.agents "));
  auto abilities = able;
  abilities.by_descriptor = false;
  CHECK(says(argv_of(x, abilities), "--bind /w /w "));
}

SCENARIO("with network there is no namespace for it, but a filter") {
  question.policy.network_access = true;
  const auto argv = argv_of(plan({"/w"}));
  CHECK(!has(argv, "--unshare-net"));
  CHECK(has(argv, "--seccomp"));
}

SCENARIO("what the machine cannot do is left out, the filter never") {
  auto abilities = able;
  abilities.own_proc = false;
  abilities.own_network = false;
  const auto argv = argv_of(plan({"/w"}), abilities);
  CHECK(says(argv, "--tmpfs /proc --remount-ro /proc "));
  CHECK(!has(argv, "--unshare-net"));
  CHECK(has(argv, "--seccomp"));
  abilities.root_is_mount = false;
  CHECK(text_of(argv_of(plan({"/w"}), abilities))
          .starts_with("/usr/bin/troupe --troupe-run-with-root-mount /usr/bin/bwrap "));
}

SCENARIO("root loses the privileges that could undo the sandbox") {
  using enum bubblewrap_abilities::privilege;
  auto abilities = able;
  CHECK(!has(argv_of(plan({"/w"}), abilities), "--cap-drop"));
  abilities.runs_as = root;
  const auto argv = argv_of(plan({"/w"}), abilities);
  CHECK(has(argv, "--cap-drop"));
  CHECK(!has(argv, "CAP_SYS_ADMIN"));
  CHECK(!has(argv, "CAP_SETUID"));
  CHECK(!has(argv, "--unshare-user"));
  CHECK(says(argv_of(plan({"/w"}), abilities, 42),
             "-- /usr/bin/setpriv --reuid=42 --regid=7 --clear-groups -- ls -l "));
  abilities.runs_as = root_in_user_namespace;
  CHECK(has(argv_of(plan({"/w"}), abilities), "--unshare-user"));
}

SCENARIO("a failed trial tells what to do without") {
  using enum bubblewrap_abilities::privilege;
  auto abilities = able;
  abilities.runs_as = root;
  auto next = reduced_abilities(abilities, "bwrap: Unknown option --ro-bind-fd");
  REQUIRE(next);
  CHECK(!next->by_descriptor);
  next = reduced_abilities(*next, "bwrap: Failed to make / slave: Invalid argument");
  REQUIRE(next);
  CHECK(!next->root_is_mount);
  next = reduced_abilities(*next, "bwrap: Can't mount proc on /newroot/proc: Invalid argument");
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
  CHECK(!reduced_abilities(able, "bwrap: Failed to make / slave: Invalid argument"));
  CHECK(!reduced_abilities(able, "bwrap: setting up uid map: Permission denied"));
}

SCENARIO("the devices of root's sandbox are covered where that can be done") {
  using enum bubblewrap_abilities::privilege;
  CHECK(covered_devices(able).empty());
  auto abilities = able;
  abilities.runs_as = root;
  CHECK_EQ(text_of(covered_devices(abilities)),
           "/dev/null /dev/zero /dev/full /dev/random /dev/urandom ");
  for (const auto* told : {"cannot give it mounts of its own: Operation not permitted",
                           "cannot cover its read-only files: Permission denied"}) {
    const auto next = reduced_abilities(abilities, told);
    REQUIRE(next);
    CHECK(!next->covers_devices);
    CHECK(next->root_is_mount);
    CHECK(covered_devices(*next).empty());
  }
  abilities.root_is_mount = false;
  CHECK(covered_devices(abilities).empty());
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
