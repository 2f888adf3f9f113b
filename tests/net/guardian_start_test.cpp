// Starts that hang, are refused or are cancelled: what the guardian does meanwhile.
#define CAF_SUITE guardian_start
#include <caf/test/bdd_dsl.hpp>

#include "net/guardian/proc_files.hpp"
#include "net/process.hpp"
#include "net/spawn.hpp"
#include "net/unique_fd.hpp"
#include "tests/net/guarded_pool.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <future>
#include <memory>
#include <sched.h>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

using namespace std::literals;
using namespace troupe::net;

namespace {

struct guarded_process {
  std::shared_ptr<std::string> output = std::make_shared<std::string>();
  std::future<process_outcome> end;
  process_handle handle;

  bool is_over() const { return end.wait_for(0s) == std::future_status::ready; }
};

struct fixture : test::guarded_pool {
  std::filesystem::path place =
    std::filesystem::temp_directory_path() / ("guardian-start-" + std::to_string(::getpid()));

  fixture() { std::filesystem::create_directories(place); }
  ~fixture() {
    pool.reset();
    keeper.reset();
    std::error_code ignored;
    std::filesystem::remove_all(place, ignored);
  }

  guarded_process start(std::vector<std::string> argv, std::string folder = "/") {
    guarded_process result;
    const auto end = std::make_shared<std::promise<process_outcome>>();
    result.end = end->get_future();
    process_options options;
    options.argv = std::move(argv);
    options.cwd = std::move(folder);
    options.environment = {"PATH=/usr/bin:/bin"};
    options.bounds.max_processes = 100;
    result.handle = spawn_process(
      *pool, std::move(options),
      {.on_output = [output = result.output](output_stream, std::string_view x) { *output += x; },
       .on_exit = [end](process_outcome x) { end->set_value(std::move(x)); }});
    return result;
  }

  guarded_process shell(std::string script) { return start({"/bin/sh", "-c", std::move(script)}); }

  // While one hangs: others run, and are killed.
  void check_others() {
    CHECK_EQ(shell("exit 3").end.get().exit_code.value_or(-1), 3);
    auto killed = shell("exec sleep 60"); // one that forks may be refused that first, and tell so
    killed.handle.kill_group(SIGKILL);
    const auto outcome = killed.end.get();
    CHECK_EQ(outcome.detail, "");
    CHECK_EQ(outcome.ended_by, "");
    CHECK_EQ(outcome.signal, SIGKILL);
  }
};

/// A program whose exec waits as long as this lives (and the kernel's time for giving up a lease,
/// usually 45 s, has not passed).
class held_program {
public:
  explicit held_program(const std::filesystem::path& path) : path_(path) {
    std::signal(SIGIO, SIG_IGN); // somebody wants to open it
    std::filesystem::copy_file("/bin/true", path);
    file_ = unique_fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    is_held_ = ::fcntl(file_.get(), F_SETLEASE, F_WRLCK) == 0;
    if (!is_held_)
      CAF_MESSAGE("skipped: no lease on a file can be had here");
  }

  bool is_held() const { return is_held_; }
  std::string path() const { return path_.string(); }

private:
  std::filesystem::path path_;
  unique_fd file_;
  bool is_held_ = false;
};

/// A folder that nobody answers for. Only root can make one; only this process and its children see
/// it.
class dead_folder {
public:
  explicit dead_folder(std::filesystem::path path) : path_(std::move(path)) {
    std::filesystem::create_directory(path_);
    file_ = unique_fd{::open("/dev/fuse", O_RDWR | O_CLOEXEC)};
    const auto terms = "fd=" + std::to_string(file_.get()) + ",rootmode=40000,user_id=0,group_id=0";
    is_dead_ = file_ && ::unshare(CLONE_NEWNS) == 0 &&
               ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
               ::mount("dead", path_.c_str(), "fuse", 0, terms.c_str()) == 0;
    if (!is_dead_)
      CAF_MESSAGE("skipped: only root can mount a folder that does not answer");
  }
  ~dead_folder() {
    if (is_dead_)
      ::umount2(path_.c_str(), MNT_DETACH);
  }

  bool is_dead() const { return is_dead_; }
  std::string path() const { return path_.string(); }

private:
  std::filesystem::path path_;
  unique_fd file_;
  bool is_dead_ = false;
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a program whose file does not answer holds up its own command only") {
  const held_program held{place / "held"};
  if (!held.is_held())
    return;
  auto hanging = start({held.path()});
  check_others();
  CHECK(!hanging.is_over());
  CHECK_EQ(hanging.handle.pid(), 0);
  hanging.handle.kill_group(SIGKILL);
  CHECK_EQ(hanging.end.get().signal, SIGKILL);
}

SCENARIO("a start that takes too long is given up and told") {
  const held_program held{place / "held"};
  if (!held.is_held())
    return;
  use({.start_limit = 1s});
  const auto outcome = start({held.path()}).end.get();
  CHECK_EQ(outcome.error, net_errc::spawn_failed);
  CHECK_EQ(outcome.system_error, ETIMEDOUT);
  CHECK_EQ(outcome.detail, "cannot run '" + held.path() + "': no answer from its disk within 1 s");
}

SCENARIO("the end of the pool is not held up by a start that hangs") {
  const held_program held{place / "held"};
  if (!held.is_held())
    return;
  auto hanging = start({held.path()});
  check_others();
  pool->stop();
  CHECK_EQ(hanging.end.get().error, net_errc::cancelled);
}

SCENARIO("a folder that does not answer holds up its own command only") {
  const dead_folder dead{place / "dead"};
  if (!dead.is_dead())
    return;
  use({}); // sees the folder
  auto hanging = start({"/bin/true"}, dead.path());
  auto searching = start({"/usr/bin/env", "-C", dead.path(), "true"});
  check_others();
  CHECK(!hanging.is_over());
  CHECK(!searching.is_over());
  hanging.handle.kill_group(SIGKILL);
  searching.handle.kill_group(SIGKILL);
  CHECK_EQ(hanging.end.get().signal, SIGKILL);
  CHECK_EQ(searching.end.get().signal, SIGKILL);
  use({.start_limit = 1s});
  CHECK_EQ(start({"/bin/true"}, dead.path()).end.get().detail,
           "cannot enter '" + dead.path() + "': no answer from its disk within 1 s");
}

SCENARIO("signals that come before the program reach it") {
  auto process = shell("trap 'exit 5' TERM; while :; do sleep 0.1; done");
  process.handle.kill_group(SIGCONT);
  process.handle.kill_group(SIGTERM); // before the trap, usually: it ends the shell by itself
  const auto outcome = process.end.get();
  CHECK(outcome.signal == SIGTERM || outcome.exit_code == 5);
}

SCENARIO("a command whose group somebody has removed runs without one") {
  shell("exit").end.get(); // makes the group
  const auto mark = "-" + std::to_string(keeper->pid()) + "-";
  std::vector<std::filesystem::path> groups;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator x{"/sys/fs/cgroup", error}, end; x != end;
       x.increment(error))
    if (x->path().parent_path().filename().string().find(mark) != std::string::npos &&
        x->is_directory(error))
      groups.push_back(x->path());
  if (groups.empty())
    CAF_MESSAGE("skipped: no group can be made here");
  for (const auto& group : groups)
    CHECK_EQ(::rmdir(group.c_str()), 0);
  for (int i = 0; i < 3; ++i) {
    auto process = shell("cat /proc/self/cgroup");
    CHECK_EQ(process.end.get().exit_code.value_or(-1), 0);
    CHECK_EQ(process.output->find("troupe-"), std::string::npos);
  }
}

SCENARIO("refused starts leave no process behind") {
  const auto left = [this] {
    return std::ranges::count(read_process_table(), keeper->pid(), &process_facts::parent);
  };
  for (int i = 0; i < 20; ++i)
    CHECK_EQ(start({"/nonexistent/program"}).end.get().system_error, ENOENT);
  for (int i = 0; i < 20; ++i)
    CHECK_EQ(start({"/bin/true"}, "/nonexistent/folder").end.get().detail,
             "cannot enter '/nonexistent/folder': No such file or directory");
  for (int tries = 0; tries < 100 && left() > 0; ++tries)
    shell("exit").end.get();
  CHECK_EQ(left(), 0);
}

SCENARIO("requests for which the guardian has no descriptors left are made again") {
  shell("exit").end.get(); // it has raised its limit by then
  rlimit few{};
  ::getrlimit(RLIMIT_NOFILE, &few);
  few.rlim_cur = 160;
  REQUIRE_EQ(::prlimit(keeper->pid(), RLIMIT_NOFILE, &few, nullptr), 0);
  std::vector<guarded_process> all;
  for (int i = 0; i < 300; ++i) // each of which keeps one of its descriptors
    all.push_back(shell("sleep 0.3; exit 3"));
  for (auto& process : all) {
    const auto outcome = process.end.get();
    CHECK_EQ(outcome.detail, "");
    CHECK_EQ(outcome.exit_code.value_or(-1), 3);
  }
}

SCENARIO("a program that may open no more files answers each call all the same") {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  std::vector<guarded_process> all;
  for (int i = 0; i < 50; ++i)
    all.push_back(start({"/bin/true"}));
  const rlimit none{0, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &none); // some wait for their answer now, others are not asked for yet
  for (int i = 0; i < 50; ++i)
    all.push_back(start({"/bin/true"}));
  std::vector<process_outcome> outcomes;
  for (auto& process : all)
    outcomes.push_back(process.end.get());
  ::setrlimit(RLIMIT_NOFILE, &before);
  for (const auto& x : outcomes)
    CHECK(x.exit_code == 0 || (x.system_error == EMFILE && !x.detail.empty()));
  CHECK_EQ(outcomes.back().system_error, EMFILE);
  CHECK_EQ(shell("exit 3").end.get().exit_code.value_or(-1), 3);
}

SCENARIO("two thousand commands at once each get one answer") {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < 20'000) {
    CAF_MESSAGE("skipped: this program may not open the files of so many commands");
    return;
  }
  std::vector<guarded_process> all;
  for (int i = 0; i < 2000; ++i)
    all.push_back(start({"/bin/true"}));
  for (auto& process : all)
    CHECK_EQ(process.end.get().exit_code.value_or(-1), 0);
}

SCENARIO("a request that was given up meanwhile is not carried out") {
  const auto trace = place / "trace";
  for (int i = 0; i < 20; ++i) {
    std::array<int, 2> ends{};
    REQUIRE_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
    ::close(ends[0]);
    const unique_fd channel{ends[1]};
    spawn_plan plan;
    plan.argv = {"/bin/sh", "-c", "echo ran > " + trace.string()};
    CHECK_EQ(keeper->ask(plan, {}, channel.get()), 0);
  }
  CHECK_EQ(shell("exit 3").end.get().exit_code.value_or(-1), 3);
  CHECK(!std::filesystem::exists(trace));
}

SCENARIO("the guardian may open many files, its children as many as the program might") {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit low{300, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &low);
  use({});
  ::setrlimit(RLIMIT_NOFILE, &before);
  auto process = shell("ulimit -Sn; ulimit -Hn; sed -n 's/ *files *$//;s/^Max open files *//p' "
                       "/proc/$PPID/limits");
  process.end.get();
  const auto hard = std::to_string(before.rlim_max);
  CHECK(process.output->starts_with("300\n" + hard + "\n" + hard + " "));
}

END_FIXTURE_SCOPE()
