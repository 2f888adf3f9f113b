#define CAF_SUITE sandbox_watch
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/sandbox_watch.hpp"
#include "net/spawn.hpp"
#include "tests/support/skipped.hpp"

#include <csignal>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace troupe;
using namespace troupe::tool_runner;

// With real sandboxes where bubblewrap works.

namespace {

/// 0: it has none.
pid_t child_of(pid_t parent) {
  const auto id = std::to_string(parent);
  std::ifstream in{"/proc/" + id + "/task/" + id + "/children"};
  pid_t result = 0;
  return in >> result ? result : 0;
}

/// Bubblewrap with a check, which says "begun" when its command begins.
struct checked_sandbox {
  std::shared_ptr<sandbox_watch> check;
  owned_descriptor output;
  pid_t pid = -1;

  enum class life { with_bubblewrap, of_its_own };

  explicit checked_sandbox(std::vector<expected_mount> mounts,
                           const char* script = "echo begun; ls /proc/self/fd",
                           life how = life::with_bubblewrap)
    : check(sandbox_watch::make(std::move(mounts))) {
    REQUIRE(check);
    int ends[2];
    REQUIRE_EQ(::pipe2(ends, O_CLOEXEC), 0);
    output = owned_descriptor{ends[0]};
    std::vector<std::string> words{"/usr/bin/bwrap", "--ro-bind",    "/", "/", "--dev",
                                   "/dev",           "--unshare-pid"};
    if (how == life::with_bubblewrap)
      words.emplace_back("--die-with-parent");
    for (auto& word : check->arguments())
      words.push_back(std::move(word));
    for (const auto* word : {"--", "/bin/sh", "-c", script})
      words.emplace_back(word);
    net::spawn_plan plan{words, {}, "/", {{ends[1], 1}, {ends[1], 2}}, {}, {}};
    for (const auto& x : check->inherited())
      plan.descriptors.emplace_back(x.ours, x.as);
    pid = net::spawn_child(plan).pid;
    check->has_started();
    ::close(ends[1]);
  }

  sandbox_watch::state last_look() const {
    auto result = sandbox_watch::state::waiting;
    while (result == sandbox_watch::state::waiting)
      result = check->look();
    return result;
  }

  /// Until its end.
  std::string text() const {
    std::string result;
    char block[256];
    for (ssize_t count; (count = ::read(output.number(), block, sizeof block)) > 0;)
      result.append(block, static_cast<std::size_t>(count));
    int status = 0;
    ::waitpid(pid, &status, 0);
    return result;
  }
};

bool usable() {
  const auto child =
    net::spawn_child({{"/usr/bin/bwrap", "--ro-bind", "/", "/", "--unshare-pid", "true"},
                      {"PATH=/bin"},
                      "/",
                      {},
                      {},
                      {}});
  int status = -1;
  if (child.pid > 0)
    ::waitpid(child.pid, &status, 0);
  if (status != 0)
    test::skipped("bubblewrap does not work here");
  return status == 0;
}

} // namespace

SCENARIO("a mount counts in the folder that was planned, and nowhere else") {
  const owned_descriptor top{::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)};
  struct stat at {};
  REQUIRE_EQ(::fstat(top.number(), &at), 0);
  const expected_mount proc{"/proc", at.st_dev, at.st_ino, true};
  CHECK(is_mounted(top.number(), proc));
  auto other = proc;
  other.inode += 1;
  CHECK(!is_mounted(top.number(), other));
  other = proc;
  other.path = "/etc/passwd";
  CHECK(!is_mounted(top.number(), other));
  REQUIRE_EQ(::stat("/etc", &at), 0);
  CHECK(!is_mounted(top.number(), {"/etc/ssl", at.st_dev, at.st_ino, true})); // no mount
}

SCENARIO("a command begins when all mounts are seen, and inherits nothing of the check") {
  if (!usable())
    return;
  struct stat at {};
  REQUIRE_EQ(::stat("/", &at), 0);
  const checked_sandbox x{{{"/proc", at.st_dev, at.st_ino, true}}};
  CHECK(x.last_look() == sandbox_watch::state::released);
  CHECK_EQ(x.text(), "begun\n0\n1\n2\n3\n"); // the last one is that of ls
}

SCENARIO("a command whose mounts are not seen never begins") {
  if (!usable())
    return;
  struct stat at {};
  REQUIRE_EQ(::stat("/", &at), 0);
  const checked_sandbox x{
    {{"/proc", at.st_dev, at.st_ino, true}, {"/proc", at.st_dev, at.st_ino + 1, true}}};
  CHECK(x.last_look() == sandbox_watch::state::refused);
  x.check->kill();
  CHECK_EQ(x.text(), "");
}

SCENARIO("who ends before the look is done has not released the command") {
  if (!usable())
    return;
  checked_sandbox x{{{"/nowhere", 1, 1}}};
  while (x.check->look() == sandbox_watch::state::waiting && child_of(x.pid) == 0)
    ;
  const auto held = child_of(x.pid);
  REQUIRE(held != 0);
  x.check = nullptr; // as when this program ends
  // It has come to where it waits, or is on its way there: ended, it has said nothing.
  const owned_descriptor root{
    ::open(("/proc/" + std::to_string(held) + "/syscall").c_str(), O_RDONLY | O_CLOEXEC)};
  char block[64] = {};
  while (::pread(root.number(), block, 2, 0) > 0 && std::string_view{block} != "0 ")
    ; // reading
  ::kill(held, SIGKILL);
  CHECK_EQ(x.text(), "");
}

SCENARIO("of a sandbox that has ended there is nothing to look at") {
  if (!usable())
    return;
  const checked_sandbox x{{{"/nowhere", 1, 1}}};
  ::kill(-x.pid, SIGKILL); // a child that does not notice yet when its parent ends, too
  CHECK(x.last_look() == sandbox_watch::state::ended);
  CHECK_EQ(x.text(), "");
}

SCENARIO("a sandbox without mounts to look at begins at once, and hands on nothing either") {
  if (!usable())
    return;
  const checked_sandbox x{{}};
  CHECK(!x.check->has_mounts());
  CHECK_EQ(x.text(), "begun\n0\n1\n2\n3\n");
  while (!x.check->is_over())
    std::this_thread::yield();
  CHECK(x.check->is_over());
}

SCENARIO("a sandbox is over when nothing lives in it any more, not when its command has ended") {
  if (!usable())
    return;
  struct stat at {};
  REQUIRE_EQ(::stat("/", &at), 0);
  const checked_sandbox x{{{"/proc", at.st_dev, at.st_ino, true}},
                          "sleep 1000 >/dev/null 2>&1 & echo begun",
                          checked_sandbox::life::of_its_own};
  CHECK(x.last_look() == sandbox_watch::state::released);
  int status = 0;
  ::waitpid(x.pid, &status, 0);
  CHECK(!x.check->is_over());
  x.check->kill();
  while (!x.check->is_over())
    std::this_thread::yield();
  CHECK(x.check->is_over());
}

SCENARIO("where no descriptor is free a sandbox counts as living") {
  if (!usable())
    return;
  const checked_sandbox x{{}};
  const auto text = x.text();
  rlimit before{};
  REQUIRE_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  REQUIRE_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto is_over = x.check->is_over();
  REQUIRE_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  CHECK_EQ(text, "begun\n0\n1\n2\n3\n");
  CHECK(!is_over);
  while (!x.check->is_over())
    std::this_thread::yield();
}
