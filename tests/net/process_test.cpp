#define CAF_SUITE process
#include <caf/test/bdd_dsl.hpp>

#include "net/io_pool.hpp"
#include "net/limits.hpp"
#include "net/process.hpp"
#include "net/unique_fd.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <future>
#include <latch>
#include <memory>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>

using namespace std::literals;
using namespace troupe::net;

namespace {

struct observed_process {
  struct record {
    std::string output;
    std::string errors;
    std::size_t largest_block = 0;
    std::promise<process_outcome> outcome;
    std::promise<void> first_output;
  };

  std::shared_ptr<record> seen = std::make_shared<record>();
  std::weak_ptr<int> captured;
  process_handle handle;

  process_handlers handlers() {
    auto token = std::make_shared<int>(0);
    captured = token;
    return {.on_output =
              [seen = seen](output_stream which, std::string_view block) {
                if (seen->output.empty() && which == output_stream::standard_output)
                  seen->first_output.set_value();
                (which == output_stream::standard_output ? seen->output : seen->errors) += block;
                seen->largest_block = std::max(seen->largest_block, block.size());
              },
            .on_exit = [seen = seen, token = std::move(token)](
                         process_outcome x) { seen->outcome.set_value(std::move(x)); }};
  }

  process_outcome outcome() { return seen->outcome.get_future().get(); }
  void wait_for_output() { seen->first_output.get_future().wait(); }
};

struct fixture {
  io_pool pool;

  observed_process start(process_options options) {
    observed_process process;
    if (options.environment.empty())
      options.environment = {"PATH=/usr/bin:/bin"};
    process.handle = spawn_process(pool, std::move(options), process.handlers());
    return process;
  }

  observed_process shell(std::string script, process_options options = {}) {
    options.argv = {"/bin/sh", "-c", std::move(script)};
    return start(std::move(options));
  }

  // Standard output of a script that must succeed.
  std::string output_of(std::string script, process_options options = {}) {
    auto process = shell(std::move(script), std::move(options));
    const auto outcome = process.outcome();
    CHECK_EQ(outcome.error, net_errc::none);
    CHECK_EQ(outcome.exit_code.value_or(-1), 0);
    CHECK_EQ(process.seen->errors, "");
    return process.seen->output;
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("read-only files can be used, but not changed, not even by root") {
  const auto changes = "for x in /dev/null /proc/self/fd/0; do chmod 0666 $x 2>&1; done; "
                       "echo x >/dev/null && echo written; head -c 3 /dev/zero | wc -c";
  auto process = start({.argv = {"/bin/sh", "-c", changes},
                        .cwd = "/",
                        .environment = {},
                        .input = {},
                        .inherited = {},
                        .read_only_files = {"/dev/null", "/nonexistent/x", "/dev/zero"},
                        .bounds = {}});
  const auto outcome = process.outcome();
  if (outcome.error != net_errc::none) { // it takes CAP_SYS_ADMIN and a `/` that is a mount
    CHECK_EQ(outcome.detail.find("cannot give it mounts of its own: "), 0u);
    return;
  }
  const std::string refused = ": Read-only file system\n";
  CHECK_EQ(process.seen->output, "chmod: changing permissions of '/dev/null'" + refused +
                                   "chmod: changing permissions of '/proc/self/fd/0'" + refused +
                                   "written\n3\n");
}

SCENARIO("output, errors and exit code are reported apart") {
  auto process = shell("echo out; echo err >&2; exit 3");
  const auto outcome = process.outcome();
  CHECK_EQ(outcome.error, net_errc::none);
  CHECK_EQ(outcome.exit_code.value(), 3);
  CHECK_EQ(outcome.signal, 0);
  CHECK_EQ(process.seen->output, "out\n");
  CHECK_EQ(process.seen->errors, "err\n");
  pool.stop();
  CHECK(process.captured.expired());
}

SCENARIO("a large output arrives whole, in blocks of at most the documented size") {
  auto process = shell("head -c 3000000 /dev/zero; head -c 1000000 /dev/zero >&2");
  CHECK_EQ(process.outcome().exit_code.value(), 0);
  CHECK_EQ(process.seen->output.size(), 3'000'000u);
  CHECK_EQ(process.seen->errors.size(), 1'000'000u);
  CHECK(process.seen->largest_block <= process_block_bytes);
}

SCENARIO("a child that is killed reports the signal") {
  const auto outcome = shell("kill -TERM $$").outcome();
  CHECK_EQ(outcome.signal, SIGTERM);
  CHECK(!outcome.exit_code);
}

SCENARIO("the environment is exactly the given one") {
  process_options options;
  options.environment = {"ONE=1", "TWO=a b=c", "PATH=/usr/bin:/bin"};
  options.argv = {"env"};
  auto process = start(options);
  CHECK_EQ(process.outcome().exit_code.value(), 0);
  CHECK_EQ(process.seen->output, "ONE=1\nTWO=a b=c\nPATH=/usr/bin:/bin\n");
}

SCENARIO("arguments arrive as they are") {
  process_options options;
  options.argv = {"printf", "[%s]", "a b", "", "$HOME", "\xFF\n"};
  auto process = start(options);
  CHECK_EQ(process.outcome().exit_code.value(), 0);
  CHECK_EQ(process.seen->output, "[a b][][$HOME][\xFF\n]");
}

SCENARIO("the working directory is set, and a missing one is named") {
  CHECK_EQ(output_of("pwd", {.cwd = "/usr"}), "/usr\n");
  const auto outcome = shell("pwd", {.cwd = "/nonexistent"}).outcome();
  CHECK_EQ(outcome.error, net_errc::spawn_failed);
  CHECK_EQ(outcome.system_error, ENOENT);
  CHECK_EQ(outcome.detail, "cannot enter '/nonexistent': No such file or directory");
}

SCENARIO("a program that is missing or not executable is an error with its name and cause") {
  const struct {
    const char* program;
    int error;
  } cases[] = {{"no-such-program", ENOENT},
               {"/no/such/program", ENOENT},
               {"/etc/passwd", EACCES},
               {"/", EACCES}};
  for (const auto& x : cases) {
    process_options options;
    options.argv = {x.program};
    const auto outcome = start(options).outcome();
    CHECK_EQ(outcome.error, net_errc::spawn_failed);
    CHECK_EQ(outcome.system_error, x.error);
    CHECK_NE(outcome.detail.find("cannot run '"s + x.program + "': "), std::string::npos);
    CHECK(!outcome.exit_code);
  }
}

SCENARIO("an empty command and bytes that no command can have are refused") {
  CHECK_EQ(start({}).outcome().system_error, EINVAL);
  CHECK_EQ(shell("echo a\0b"s).outcome().system_error, EINVAL);
}

SCENARIO("programs are searched in the PATH of the child") {
  process_options options;
  options.argv = {"echo", "found"};
  options.environment = {"PATH=/nonexistent::/bin"};
  CHECK_EQ(start(options).outcome().exit_code.value_or(-1), 0);
  options.environment = {"PATH=/nonexistent"};
  CHECK_EQ(start(options).outcome().system_error, ENOENT);
}

SCENARIO("a script without an interpreter line is run by the shell") {
  const auto path =
    std::filesystem::temp_directory_path() / ("troupe-script-" + std::to_string(::getpid()));
  unique_fd file{::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0700)};
  const auto text = "echo ran $1\n"sv;
  CHECK_EQ(::write(file.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  file.reset();
  process_options options;
  options.argv = {path, "it"};
  auto process = start(options);
  CHECK_EQ(process.outcome().exit_code.value_or(-1), 0);
  CHECK_EQ(process.seen->output, "ran it\n");
  std::filesystem::remove(path);
}

SCENARIO("the null device, given bytes or an open pipe can be standard input") {
  CHECK_EQ(output_of("cat; echo end"), "end\n");
  const std::string bytes(1'000'000, 'x');
  CHECK_EQ(output_of("cat", {.input = process_options::given_input{bytes}}), bytes);
  CHECK_EQ(output_of("cat; echo end", {.input = process_options::given_input{}}), "end\n");
  auto process = shell("read a; echo got $a; cat", {.input = process_options::open_input{}});
  process.handle.write_stdin("one\n");
  process.wait_for_output();
  process.handle.write_stdin("two\n");
  process.handle.close_stdin();
  process.handle.write_stdin("after the end\n");
  CHECK_EQ(process.outcome().exit_code.value(), 0);
  CHECK_EQ(process.seen->output, "got one\ntwo\n");
}

SCENARIO("a child that does not read its input is no error") {
  CHECK_EQ(output_of("exec <&-; echo done",
                     {.input = process_options::given_input{std::string(1'000'000, 'x')}}),
           "done\n");
}

SCENARIO("killing the group ends grandchildren too") {
  auto process = shell("sleep 1000 & sleep 1000 & echo started; wait");
  process.wait_for_output();
  process.handle.kill_group(SIGKILL);
  const auto outcome = process.outcome();
  CHECK_EQ(outcome.signal, SIGKILL);
  CHECK(!outcome.output_held_open); // nobody is left who could
}

SCENARIO("a child that ignores a signal can be killed with another") {
  auto process = shell("trap '' TERM; echo ready; while :; do sleep 1000; done");
  process.wait_for_output();
  process.handle.kill_group(SIGTERM);
  process.handle.kill_group(SIGKILL);
  CHECK_EQ(process.outcome().signal, SIGKILL);
}

SCENARIO("a silent grandchild that holds the output open is not waited for") {
  auto process = shell("sleep 1000 & echo $!");
  const auto outcome = process.outcome();
  CHECK_EQ(outcome.exit_code.value(), 0);
  CHECK(!outcome.output_held_open); // what has been read is all there is
  CHECK(!outcome.errors_held_open);
  ::kill(std::stoi(process.seen->output), SIGKILL);
}

SCENARIO("a grandchild that goes on writing is waited for, but not for ever") {
  auto process = shell("while :; do echo x; done &");
  const auto outcome = process.outcome();
  CHECK_EQ(outcome.exit_code.value(), 0);
  CHECK(outcome.output_held_open);
  CHECK(outcome.errors_held_open);
  ::kill(-process.handle.pid(), SIGKILL);
}

SCENARIO("output that comes after the exit but in time is part of it") {
  auto process =
    shell("{ while grep -qs 'State:.[^Z]' /proc/$$/status; do :; done; echo late; } &");
  const auto outcome = process.outcome();
  CHECK(!outcome.output_held_open);
  CHECK_EQ(process.seen->output, "late\n");
}

SCENARIO("the child leads its own session and group") {
  const auto text = output_of("cut -d' ' -f1,5,6 /proc/self/stat; echo $$");
  int self = 0, group = 0, session = 0, shell_pid = 0;
  CHECK_EQ(std::sscanf(text.c_str(), "%d %d %d\n%d", &self, &group, &session, &shell_pid), 4);
  CHECK_EQ(group, shell_pid);
  CHECK_EQ(session, shell_pid);
}

SCENARIO("signal handlers and masks are not inherited") {
  std::signal(SIGUSR1, SIG_IGN);
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR2);
  std::promise<void> done;
  pool.post([&] { // the thread that spawns
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    done.set_value();
  });
  done.get_future().wait();
  CHECK_EQ(output_of("grep -E 'SigBlk|SigIgn' /proc/self/status"),
           "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  std::signal(SIGUSR1, SIG_DFL);
}

SCENARIO("no descriptor of ours reaches the child but the given ones") {
  unique_fd leaky{::open("/dev/null", O_RDONLY)};                     // without close-on-exec
  CHECK_EQ(output_of("ls /proc/self/fd | tr '\\n' ' '"), "0 1 2 3 "); // 3: the folder being listed
  int ends[2];
  CHECK_EQ(::pipe2(ends, O_CLOEXEC), 0);
  unique_fd read_end{ends[0]}, write_end{ends[1]};
  CHECK_EQ(::write(write_end.get(), "hello\n", 6), 6);
  write_end.reset();
  process_options options;
  options.inherited = {{read_end.get(), 7}};
  auto process = shell("cat <&7; ls /proc/self/fd | tr '\\n' ' '", options);
  read_end.reset(); // the caller may close its own at once
  CHECK_EQ(process.outcome().exit_code.value(), 0);
  CHECK_EQ(process.seen->output, "hello\n0 1 2 3 7 ");
}

SCENARIO("descriptors may swap their numbers") {
  unique_fd a{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  unique_fd b{::open("/dev/zero", O_RDONLY | O_CLOEXEC)};
  process_options options;
  options.inherited = {{a.get(), b.get()}, {b.get(), a.get()}};
  const auto name = [](const unique_fd& x) { return "/proc/self/fd/" + std::to_string(x.get()); };
  CHECK_EQ(output_of("readlink " + name(a) + " " + name(b), options), "/dev/zero\n/dev/null\n");
}

SCENARIO("a terminal has its size, its name, one stream, and is the controlling one") {
  auto process =
    shell("stty size; tty; echo err >&2; read x; echo got $x; : </dev/tty && echo controls",
          {.tty = process_options::terminal::pty});
  process.wait_for_output();
  process.handle.write_stdin("line\n");
  CHECK_EQ(process.outcome().exit_code.value(), 0);
  const auto& text = process.seen->output;
  CHECK(text.starts_with("24 80\r\n"));
  CHECK_NE(text.find("/dev/pts/"), std::string::npos);
  CHECK_NE(text.find("err\r\n"), std::string::npos);
  CHECK_NE(text.find("line\r\n"), std::string::npos); // the echo
  CHECK_NE(text.find("got line\r\n"), std::string::npos);
  CHECK_NE(text.find("controls\r\n"), std::string::npos);
  CHECK_EQ(process.seen->errors, "");
}

SCENARIO("an interrupt character written to a terminal interrupts") {
  // Not a shell: dash loses an interrupt that comes while it starts a program.
  process_options options;
  options.argv = {"sed", "-u", "s/ask/answer/"};
  options.tty = process_options::terminal::pty;
  observed_process process;
  auto handlers = process.handlers();
  std::promise<void> answered;
  handlers.on_output = [&, text = std::string{}](output_stream, std::string_view block) mutable {
    const bool had = text.find("answer") != text.npos;
    text += block;
    if (!had && text.find("answer") != text.npos)
      answered.set_value();
  };
  options.environment = {"PATH=/usr/bin:/bin"};
  process.handle = spawn_process(pool, std::move(options), std::move(handlers));
  process.handle.write_stdin("ask\n");
  answered.get_future().wait();
  process.handle.write_stdin("\x03");
  CHECK_EQ(process.outcome().signal, SIGINT);
}

SCENARIO("two hundred children run at the same time") {
  constexpr int count = 200;
  std::vector<observed_process> processes;
  for (int i = 0; i < count; ++i)
    processes.push_back(shell("echo up; read x; echo $x-" + std::to_string(i),
                              {.input = process_options::open_input{}}));
  for (auto& process : processes)
    process.wait_for_output(); // all are alive
  for (auto& process : processes)
    process.handle.write_stdin("go\n");
  for (int i = 0; i < count; ++i) {
    auto& process = processes[static_cast<std::size_t>(i)];
    CHECK_EQ(process.outcome().exit_code.value_or(-1), 0);
    CHECK_EQ(process.seen->output, "up\ngo-" + std::to_string(i) + "\n");
  }
}

SCENARIO("nothing is left behind") {
  const auto open_descriptors = [] {
    const auto entries = std::filesystem::directory_iterator{"/proc/self/fd"};
    return std::distance(begin(entries), end(entries));
  };
  output_of("true");
  const auto before = open_descriptors();
  for (int i = 0; i < 20; ++i) {
    output_of("true");
    shell("true", {.cwd = "/nonexistent"}).outcome();
    shell("true", {.tty = process_options::terminal::pty}).outcome();
  }
  CHECK_EQ(open_descriptors(), before);
  CHECK_EQ(::waitpid(-1, nullptr, WNOHANG), -1); // no child, no zombie
}

SCENARIO("a handle is harmless before and after") {
  auto process = shell("true");
  process.outcome();
  process.handle.kill_group(SIGKILL);
  process.handle.write_stdin("x");
  process.handle.close_stdin();
  process_handle{}.kill_group(SIGKILL);
  CHECK_EQ(process_handle{}.pid(), 0);
}

SCENARIO("stopping the pool kills children with their groups") {
  auto process = shell("sleep 1000 & echo started; sleep 1000");
  process.wait_for_output();
  const auto pid = process.handle.pid();
  CHECK(pid > 0);
  pool.stop();
  CHECK_EQ(process.outcome().error, net_errc::cancelled);
  CHECK_EQ(::kill(pid, 0), -1);
  CHECK(process.captured.expired());
  CHECK_EQ(shell("true").outcome().error, net_errc::stopped);
  process.handle.kill_group(SIGKILL);
}

END_FIXTURE_SCOPE()
