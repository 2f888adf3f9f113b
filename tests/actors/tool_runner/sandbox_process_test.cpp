#define CAF_SUITE sandbox_process
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/sandbox_plan.hpp"
#include "actors/tool_runner/seccomp_program.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::tool_runner;
namespace fs = std::filesystem;

// Runs real sandboxes. Where bubblewrap does not work (a container without user namespaces), the
// suite says so and checks nothing.

namespace {

using words = std::vector<std::string>;

struct run_result {
  int exit_code = -1;
  std::string output; ///< both streams
};

run_result run(const words& argv, int seccomp_fd) {
  int pipe_ends[2];
  REQUIRE_EQ(::pipe(pipe_ends), 0);
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(pipe_ends[1], 1);
    ::dup2(pipe_ends[1], 2);
    ::close(pipe_ends[0]);
    ::close(pipe_ends[1]);
    if (seccomp_fd >= 0)
      ::dup2(seccomp_fd, seccomp_descriptor);
    std::vector<char*> pointers;
    for (const auto& word : argv)
      pointers.push_back(const_cast<char*>(word.c_str()));
    pointers.push_back(nullptr);
    ::execv(pointers[0], pointers.data());
    ::_exit(127);
  }
  ::close(pipe_ends[1]);
  run_result result;
  char block[4096];
  for (ssize_t count; (count = ::read(pipe_ends[0], block, sizeof block)) > 0;)
    result.output.append(block, static_cast<std::size_t>(count));
  ::close(pipe_ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

struct fixture {
  fixture() {
    // Not below /tmp, which is writable in a workspace.
    auto name = (fs::path{"/var/tmp"} / "troupe-sandbox-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    root = name;
    fs::create_directories(fs::path{root} / "ws" / ".git");
    workspace = root + "/ws";
    abilities.program = "/usr/bin/bwrap";
    if (::geteuid() == 0)
      abilities.runs_as = bubblewrap_abilities::privilege::root;
  }
  ~fixture() { fs::remove_all(root); }

  bool usable() {
    for (auto next = std::optional{abilities}; next;) {
      abilities = *next;
      const auto trial = in_sandbox({sandbox_mode::read_only}, "true");
      if (trial.exit_code == 0)
        return true;
      next = reduced_abilities(abilities, trial.output);
    }
    CAF_MESSAGE("bubblewrap does not work here: nothing is tested");
    return false;
  }

  run_result in_sandbox(const sandbox_policy& policy, const std::string& script) {
    words roots;
    if (policy.mode == sandbox_mode::workspace_write)
      roots = {workspace};
    const auto plan = plan_sandbox(policy, roots, disk_paths{});
    REQUIRE(std::holds_alternative<sandbox_plan>(plan));
    auto program = seccomp_program::make();
    REQUIRE(std::holds_alternative<seccomp_program>(program));
    const auto fd = std::get<seccomp_program>(program).open_for_reading();
    REQUIRE(std::holds_alternative<owned_descriptor>(fd));
    return run(bubblewrap_argv(std::get<sandbox_plan>(plan), abilities, workspace,
                               words{"/bin/sh", "-c", script}),
               std::get<owned_descriptor>(fd).number());
  }

  std::string root;
  std::string workspace;
  bubblewrap_abilities abilities;
};

const sandbox_policy read_only{.mode = sandbox_mode::read_only};
const sandbox_policy workspace_write{.mode = sandbox_mode::workspace_write};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a read-only sandbox reads everything and writes nothing but the null device") {
  if (!usable())
    return;
  CHECK_EQ(in_sandbox(read_only, "cat /etc/passwd | head -c 4").output, "root");
  CHECK_EQ(in_sandbox(read_only, "pwd").output, workspace + "\n");
  CHECK_EQ(in_sandbox(read_only, "echo x > /dev/null").exit_code, 0);
  CHECK_EQ(in_sandbox(read_only, "head -c 8 /dev/urandom | wc -c").output, "8\n");
  for (const auto& path : {workspace + "/x", root + "/x", std::string{"/tmp/troupe-x"}}) {
    const auto result = in_sandbox(read_only, "echo x > " + path);
    CHECK(result.exit_code != 0);
    CHECK(is_sandbox_denial(result.exit_code, result.output));
    CHECK(!fs::exists(path));
  }
}

SCENARIO("a workspace sandbox writes its roots but not what is protected in them") {
  if (!usable())
    return;
  CHECK_EQ(in_sandbox(workspace_write, "echo x > a && cat a").output, "x\n");
  CHECK(fs::exists(workspace + "/a"));
  for (const auto* path : {".git/config", "../b", "/etc/troupe-x"})
    CHECK(in_sandbox(workspace_write, std::string{"echo x > "} + path).exit_code != 0);
  CHECK(in_sandbox(workspace_write, "rmdir .git").exit_code != 0);
}

SCENARIO("even root cannot undo the sandbox from inside") {
  if (!usable())
    return;
  CHECK(in_sandbox(workspace_write, "mount -o remount,rw,bind /").exit_code != 0);
  CHECK(in_sandbox(workspace_write, "mount -o remount,rw,bind " + workspace + "/.git").exit_code !=
        0);
  CHECK(in_sandbox(workspace_write, "umount " + workspace + "/.git").exit_code != 0);
}

SCENARIO("without network there are no sockets but Unix ones") {
  if (!usable())
    return;
  const std::string python = "import os,socket\n"
                             "for family, kind in ((socket.AF_INET, socket.SOCK_STREAM), "
                             "(socket.AF_INET6, socket.SOCK_DGRAM)):\n"
                             "  try:\n    socket.socket(family, kind); print('made')\n"
                             "  except PermissionError: print('denied')\n"
                             "a, b = socket.socketpair(socket.AF_UNIX)\n"
                             "os.write(a.fileno(), b'x'); print(os.read(b.fileno(), 1).decode())\n";
  if (!fs::exists("/usr/bin/python3"))
    return;
  CHECK_EQ(in_sandbox(read_only, "/usr/bin/python3 -c \"" + python + "\"").output,
           "denied\ndenied\nx\n");
  auto open = workspace_write;
  open.network_access = true;
  CHECK(in_sandbox(open, "/usr/bin/python3 -c \"" + python + "\"").output.starts_with("made\n"));
}

SCENARIO("processes outside are not visible and all inside end with the first") {
  if (!usable())
    return;
  if (abilities.own_proc)
    CHECK_EQ(in_sandbox(read_only, "test -d /proc/" + std::to_string(::getpid()) + "/fd").exit_code,
             1);
  const auto result = in_sandbox(workspace_write, "(setsid sleep 600 >/dev/null 2>&1 &) ; echo $$");
  CHECK_EQ(result.exit_code, 0);
}

SCENARIO("the filter can be loaded by many children") {
  const auto program = seccomp_program::make();
  REQUIRE(std::holds_alternative<seccomp_program>(program));
  for (int i = 0; i < 3; ++i) {
    const auto fd = std::get<seccomp_program>(program).open_for_reading();
    REQUIRE(std::holds_alternative<owned_descriptor>(fd));
    char block[4096];
    CHECK(::read(std::get<owned_descriptor>(fd).number(), block, sizeof block) > 64);
  }
}

END_FIXTURE_SCOPE()
