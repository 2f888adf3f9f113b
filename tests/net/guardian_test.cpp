#define CAF_SUITE guardian
#include <caf/test/bdd_dsl.hpp>

#include "net/guardian/proc_files.hpp"
#include "net/process.hpp"
#include "net/unique_fd.hpp"
#include "tests/net/guarded_pool.hpp"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <future>
#include <memory>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>

using namespace std::literals;
using namespace troupe::net;

namespace {

// Every child of a test ends by itself after so long, should the guardian fail.
constexpr auto nap = "sleep 60";

struct guarded_process {
  struct record {
    std::string output;
    std::promise<process_outcome> outcome;
    std::promise<void> first_output;
  };

  std::shared_ptr<record> seen = std::make_shared<record>();
  process_handle handle;

  process_outcome outcome() { return seen->outcome.get_future().get(); }
  void wait_for_output() { seen->first_output.get_future().wait(); }
};

struct fixture : test::guarded_pool {
  guarded_process start(process_options options) {
    guarded_process process;
    if (options.environment.empty())
      options.environment = {"PATH=/usr/bin:/bin"};
    auto seen = process.seen;
    process.handle = spawn_process(
      *pool, std::move(options),
      {.on_output =
         [seen](output_stream, std::string_view block) {
           const bool is_first = seen->output.empty();
           seen->output += block;
           if (is_first)
             seen->first_output.set_value();
         },
       .on_exit = [seen](process_outcome x) { seen->outcome.set_value(std::move(x)); }});
    return process;
  }

  guarded_process shell(std::string script, process_bounds bounds = {}) {
    process_options options;
    options.argv = {"/bin/sh", "-c", std::move(script)};
    options.bounds = bounds;
    return start(std::move(options));
  }
};

unique_fd watch(pid_t pid) {
  return unique_fd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
}

// Waits for the end of a process that was there when `watch` was called.
bool has_ended(const unique_fd& process) {
  pollfd end{.fd = process.get(), .events = POLLIN, .revents = 0};
  return process && ::poll(&end, 1, 20'000) == 1;
}

// The script's first output is a process id.
pid_t told_pid(guarded_process& process) {
  process.wait_for_output();
  return std::stoi(process.seen->output);
}

// Both ways to hold bounds, or the one that is possible here.
template <class Scenario>
void with_both_ways(fixture& f, Scenario scenario) {
  for (const auto use : {cgroup_use::where_possible, cgroup_use::never}) {
    f.use({.cgroups = use});
    scenario();
  }
}

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a child of the guardian is started as one of ours would be") {
  process_options options;
  options.argv = {"sh", "-c", "cat; pwd; echo $A; exit 3"};
  options.cwd = "/usr";
  options.environment = {"PATH=/usr/bin:/bin", "A=b c"};
  options.input = process_options::given_input{"in\n"};
  auto process = start(std::move(options));
  const auto outcome = process.outcome();
  CHECK_EQ(outcome.error, net_errc::none);
  CHECK_EQ(outcome.exit_code.value_or(-1), 3);
  CHECK_EQ(process.seen->output, "in\n/usr\nb c\n");
}

SCENARIO("without a folder of its own it starts in ours") {
  auto process = shell("pwd");
  process.outcome();
  CHECK_EQ(process.seen->output, std::filesystem::current_path().string() + "\n");
}

SCENARIO("a program that cannot be run is told") {
  process_options options;
  options.argv = {"/nonexistent/program"};
  const auto outcome = start(std::move(options)).outcome();
  CHECK_EQ(outcome.error, net_errc::spawn_failed);
  CHECK_EQ(outcome.system_error, ENOENT);
  CHECK_EQ(outcome.detail, "cannot run '/nonexistent/program': No such file or directory");
}

SCENARIO("arguments and environment may be large") {
  process_options options;
  options.argv = {"/bin/sh", "-c", "echo ${#A}", std::string(100'000, 'x')};
  options.environment = {"PATH=/bin", "A=" + std::string(100'000, 'y')};
  auto process = start(std::move(options));
  CHECK_EQ(process.outcome().exit_code.value_or(-1), 0);
  CHECK_EQ(process.seen->output, "100000\n");
}

SCENARIO("a terminal is the controlling one") {
  process_options options;
  options.argv = {"/bin/sh", "-c", "tty; echo x >/dev/tty"};
  options.tty = process_options::terminal::pty;
  auto process = start(std::move(options));
  process.outcome();
  CHECK_EQ(process.seen->output.rfind("/dev/pts/", 0), 0u);
  CHECK(process.seen->output.ends_with("x\r\n"));
}

SCENARIO("a child has no descriptors but its own, and the guardian none of ours") {
  const unique_fd leak{::open("/dev/null", O_RDONLY)}; // not to be closed on exec
  auto process = shell("for i in 0 1 2 3 4 5 6 7 8 9; do [ -e /proc/$$/fd/$i ] && echo $i; done; "
                       "ls -l /proc/$PPID/fd | grep -c -e pipe: -e pts");
  process.outcome();
  CHECK_EQ(process.seen->output, "0\n1\n2\n0\n");
}

SCENARIO("killing a command reaches what has left its group and its parents") {
  with_both_ways(*this, [this] {
    auto process = shell("(setsid sh -c 'echo $$; exec "s + nap + "' &); " + nap);
    const auto escaped = watch(told_pid(process));
    process.handle.kill_group(SIGKILL);
    CHECK_EQ(process.outcome().signal, SIGKILL);
    CHECK(has_ended(escaped));
  });
}

SCENARIO("another signal goes to the group of the leader") {
  auto process = shell("trap 'echo caught; exit 5' TERM; echo ready; while :; do sleep 0.1; done");
  process.wait_for_output();
  process.handle.kill_group(SIGTERM);
  CHECK_EQ(process.outcome().exit_code.value_or(-1), 5);
  CHECK(process.seen->output.ends_with("caught\n"));
}

SCENARIO("what a command leaves behind lives on, and ends with the guardian") {
  with_both_ways(*this, [this] {
    auto process = shell(nap + " & (setsid "s + nap + " &); echo $!"s);
    const auto left = watch(told_pid(process));
    CHECK_EQ(process.outcome().exit_code.value_or(-1), 0);
    auto other = shell("echo other");
    other.outcome();
    pollfd end{.fd = left.get(), .events = POLLIN, .revents = 0};
    CHECK_EQ(::poll(&end, 1, 0), 0); // alive
    pool.reset();
    keeper.reset();
    CHECK(has_ended(left));
  });
}

SCENARIO("too many processes end their command and no other") {
  with_both_ways(*this, [this] {
    auto other = shell("echo ready; read a; echo alive");
    auto bomb = shell("for i in 1 2 3 4 5 6 7 8; do for j in 1 2 3 4 5 6; do " + std::string{nap} +
                        " & done; done; wait",
                      {.max_memory_bytes = 0, .max_processes = 20, .max_file_bytes = 0});
    const auto outcome = bomb.outcome();
    CHECK_EQ(outcome.ended_by, "ended: more than 20 processes ([tools] max_processes)");
    CHECK_EQ(other.outcome().exit_code.value_or(-1), 0);
  });
}

SCENARIO("where the room of all commands is full, nobody is accused of too many processes") {
  const auto full = shell(R"(group=$(sed -n 's/.*:pids://p' /proc/self/cgroup)
max=/sys/fs/cgroup/pids${group%/*}/pids.max
[ "${group#*troupe-}" != "$group" ] && [ -w "$max" ] || { echo skipped; exit 0; }
trap 'echo max >"$max"' EXIT
echo 3 >"$max"
for n in 1 2 3 4 5; do sleep 1 & done
exit 7)",
                          {.max_processes = 100})
                      .outcome();
  if (full.exit_code == 0) {
    CAF_MESSAGE("skipped: no cgroup of version 1 here");
    return;
  }
  CHECK(full.exit_code.value_or(0) != 0);
  CHECK_EQ(full.ended_by, "");
}

SCENARIO("too much memory ends its command and no other") {
  with_both_ways(*this, [this] {
    auto other = shell("echo alive");
    // `tail` keeps a line as long as its input; it is over by itself, or waits with what it has.
    auto bomb =
      shell("(head -c 300000000 /dev/zero; " + std::string{nap} + ") | tail -n 1 | wc -c",
            {.max_memory_bytes = 64 * 1024 * 1024, .max_processes = 0, .max_file_bytes = 0});
    CHECK_EQ(bomb.outcome().ended_by, "ended: more than 64.0 MiB of memory ([tools] max_memory)");
    CHECK_EQ(other.outcome().exit_code.value_or(-1), 0);
  });
}

SCENARIO("a script that goes on without what the kernel has killed for memory is ended, too") {
  constexpr process_bounds bounds{
    .max_memory_bytes = 64 * 1024 * 1024, .max_processes = 0, .max_file_bytes = 0};
  if (shell("grep -q troupe- /proc/self/cgroup", bounds).outcome().exit_code != 0) {
    CAF_MESSAGE("skipped: no cgroup can be made here");
    return;
  }
  auto script = shell("head -c 300000000 /dev/zero | tail -n 1 | wc -c; exit 0", bounds);
  const auto outcome = script.outcome();
  CHECK_EQ(outcome.signal, SIGKILL);
  CHECK_EQ(outcome.ended_by, "ended: more than 64.0 MiB of memory ([tools] max_memory)");
}

SCENARIO("a file that grows too large ends its writer") {
  const auto path =
    std::filesystem::temp_directory_path() / ("guardian-" + std::to_string(::getpid()));
  auto bomb = shell("exec head -c 5000000 /dev/zero > " + path.string(),
                    {.max_memory_bytes = 0, .max_processes = 0, .max_file_bytes = 1024 * 1024});
  const auto outcome = bomb.outcome();
  CHECK_EQ(outcome.signal, SIGXFSZ);
  CHECK_EQ(outcome.ended_by, "ended: a file of more than 1.0 MiB ([tools] max_file_size)");
  CHECK_EQ(std::filesystem::file_size(path), 1024u * 1024);
  auto told_by_a_shell =
    shell("head -c 5000000 /dev/zero > " + path.string() + "; exit $?",
          {.max_memory_bytes = 0, .max_processes = 0, .max_file_bytes = 1024 * 1024});
  const auto second = told_by_a_shell.outcome();
  CHECK_EQ(second.exit_code.value_or(-1), 128 + SIGXFSZ);
  CHECK_EQ(second.ended_by, outcome.ended_by);
  std::filesystem::remove(path);
}

SCENARIO("a shell that goes on without the writer of a file that grew too large is not ended") {
  const auto path =
    std::filesystem::temp_directory_path() / ("guardian-" + std::to_string(::getpid()));
  auto process = shell("head -c 5000000 /dev/zero > " + path.string() + "; echo next",
                       {.max_memory_bytes = 0, .max_processes = 0, .max_file_bytes = 1024 * 1024});
  const auto outcome = process.outcome();
  CHECK_EQ(outcome.exit_code.value_or(-1), 0);
  CHECK_EQ(outcome.ended_by, "");
  CHECK_NE(process.seen->output.find("next\n"), std::string::npos);
  CHECK_EQ(std::filesystem::file_size(path), 1024u * 1024);
  std::filesystem::remove(path);
}

SCENARIO("a command that keeps its bounds is not told of them") {
  with_both_ways(*this, [this] {
    auto process =
      shell("head -c 1000000 /dev/zero | wc -c",
            {.max_memory_bytes = 64 * 1024 * 1024, .max_processes = 20, .max_file_bytes = 1});
    CHECK_EQ(process.outcome().ended_by, "");
    CHECK_EQ(process.seen->output, "1000000\n");
  });
}

SCENARIO("a guardian that is killed takes its commands along, and calls are told so") {
  auto running = shell("(setsid sh -c 'echo $$; exec "s + nap + "' &); "s + nap);
  const auto child = watch(told_pid(running));
  ::kill(keeper->pid(), SIGKILL);
  const auto outcome = running.outcome();
  CHECK_EQ(outcome.signal, SIGKILL);
  CHECK_NE(outcome.ended_by.find("guardian"), std::string::npos);
  CHECK(has_ended(child));
  const auto refused = shell("echo never").outcome();
  CHECK_EQ(refused.error, net_errc::spawn_failed);
  CHECK_NE(refused.detail.find("guardian"), std::string::npos);
}

SCENARIO(
  "what a killed guardian leaves behind ends with the program, though nobody has asked since") {
  auto command = shell("(setsid sh -c 'echo $$; exec "s + nap + " >/dev/null 2>&1' &)");
  const auto left = watch(told_pid(command));
  CHECK_EQ(command.outcome().exit_code.value_or(-1), 0);
  ::kill(keeper->pid(), SIGKILL);
  pool.reset();
  keeper.reset();
  CHECK(has_ended(left));
}

SCENARIO("a guardian that somebody has stopped goes on when it is needed") {
  ::kill(keeper->pid(), SIGSTOP);
  auto running = shell("echo $$; exec "s + nap);
  running.wait_for_output();
  ::kill(keeper->pid(), SIGSTOP);
  running.handle.kill_group(SIGKILL);
  CHECK_EQ(running.outcome().signal, SIGKILL);
  auto last = shell("echo $$; exec "s + nap);
  const auto other = watch(told_pid(last));
  ::kill(keeper->pid(), SIGSTOP);
  pool.reset();
  keeper.reset();
  CHECK(has_ended(other));
}

SCENARIO("a stopped guardian tells the end of a command whose output has ended") {
  auto running = shell("echo up; sleep 0.5; exit 1");
  running.wait_for_output();
  ::kill(keeper->pid(), SIGSTOP);
  CHECK_EQ(running.outcome().exit_code.value_or(-1), 1);
}

SCENARIO("many commands at once each get their own answer") {
  std::vector<guarded_process> all;
  for (int i = 0; i < 300; ++i)
    all.push_back(shell("echo " + std::to_string(i)));
  for (int i = 0; i < 300; ++i) {
    auto& process = all[static_cast<std::size_t>(i)];
    CHECK_EQ(process.outcome().exit_code.value_or(-1), 0);
    CHECK_EQ(process.seen->output, std::to_string(i) + "\n");
  }
}

SCENARIO("a stopped pool ends its commands") {
  auto process = shell("echo $$; "s + nap);
  const auto child = watch(told_pid(process));
  pool->stop();
  CHECK_EQ(process.outcome().error, net_errc::cancelled);
  CHECK(has_ended(child));
}

END_FIXTURE_SCOPE()
