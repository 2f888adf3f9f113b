// What the guardian opens itself, and what it leaves to somebody who may wait.
#define CAF_SUITE ready_paths
#include <caf/test/bdd_dsl.hpp>

#include "net/guardian/cgroup_places.hpp"
#include "net/guardian/proc_files.hpp"
#include "net/guardian/ready_paths.hpp"
#include "tests/support/skipped.hpp"

#include <csignal>
#include <filesystem>
#include <functional>
#include <string>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace troupe;
using namespace troupe::net;

namespace {

struct fixture {
  std::string place =
    (std::filesystem::temp_directory_path() / ("ready-paths-" + std::to_string(::getpid())))
      .string();
  ready_paths ready;

  fixture() { std::filesystem::create_directories(place + "/below"); }
  ~fixture() {
    std::error_code ignored;
    std::filesystem::remove_all(place, ignored);
  }

  bool usable() {
    const auto type = file_system_below(read_proc_file("/proc/self/mountinfo", 1 << 20), place);
    if (is_local_file_system(type) && ready.folder(place))
      return true;
    test::skipped("no folder is ready here, on " + type);
    return false;
  }

  /// In a process with mounts of its own; its exit code.
  static int with_own_mounts(const std::function<int()>& run) {
    const auto child = ::fork();
    if (child == 0) {
      if (::unshare(CLONE_NEWNS) != 0 ||
          ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        ::_exit(100);
      ::_exit(run());
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("folders and programs of a local disk are ready") {
  if (!usable())
    return;
  std::filesystem::copy_file("/bin/true", place + "/program");
  struct stat named {
  }, opened{};
  REQUIRE_EQ(::stat((place + "/below").c_str(), &named), 0);
  const auto folder = ready.folder(place + "/below");
  REQUIRE(folder);
  REQUIRE_EQ(::fstat(folder.get(), &opened), 0);
  CHECK_EQ(opened.st_ino, named.st_ino);
  CHECK(ready.program(place + "/program"));
}

SCENARIO("what is none, lies elsewhere or has to be looked for is not ready") {
  if (!usable())
    return;
  std::filesystem::copy_file("/bin/true", place + "/program");
  CHECK(!ready.folder(place + "/missing"));
  CHECK(!ready.folder(place + "/program"));
  CHECK(!ready.folder("/proc")); // of no disk
  CHECK(!ready.program(place + "/missing"));
  CHECK(!ready.program(place + "/below"));
  CHECK(!ready.program("/proc/self/exe/x"));
  CHECK(!ready.program("true"));
  REQUIRE_EQ(::mkfifo((place + "/pipe").c_str(), 0700), 0);
  CHECK(!ready.program(place + "/pipe"));
}

SCENARIO("a program that is leased is not ready, and one that is open is not leased") {
  if (!usable())
    return;
  std::signal(SIGIO, SIG_IGN); // somebody wants to open it
  const auto path = place + "/program";
  std::filesystem::copy_file("/bin/true", path);
  {
    const unique_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (::fcntl(file.get(), F_SETLEASE, F_WRLCK) != 0)
      return test::skipped("no lease on a file can be had here");
    CHECK(!ready.program(path));
  }
  const auto held = ready.program(path);
  CHECK(held);
  const unique_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  CHECK(::fcntl(file.get(), F_SETLEASE, F_WRLCK) != 0);
}

SCENARIO("what is mounted later is noticed") {
  if (!usable())
    return;
  const auto below = place + "/below";
  const auto code = with_own_mounts([&] {
    ready_paths fresh;
    if (!fresh.folder(below))
      return 1;
    if (::mount("none", below.c_str(), "tmpfs", 0, nullptr) != 0)
      return 100;
    if (!fresh.folder(below))
      return 2;
    // The next one may get the same number.
    if (::umount2(below.c_str(), 0) != 0 || ::mount("proc", below.c_str(), "proc", 0, nullptr) != 0)
      return 3;
    if (fresh.folder(below))
      return 4;
    if (::umount2(below.c_str(), MNT_DETACH) != 0)
      return 5;
    return fresh.folder(below) ? 0 : 6;
  });
  if (code == 100)
    return test::skipped("only root can mount something");
  CHECK_EQ(code, 0);
}

END_FIXTURE_SCOPE()
