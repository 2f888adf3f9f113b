#include "net/guardian/guardian.hpp"

#include "net/guardian/descriptor_message.hpp"
#include "net/guardian/guardian_loop.hpp"
#include "net/guardian/guardian_message.hpp"
#include "net/guardian/tree_end.hpp"
#include "net/limits.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace troupe::net {

namespace {

constexpr int kept_descriptor = 3;

void ignore_signals() {
  // Those of a terminal or a supervisor are meant for the program; when that ends, so does this.
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU,
                           SIGUSR1, SIGUSR2, SIGALRM, SIGXFSZ})
    std::signal(number, SIG_IGN);
  std::signal(SIGCHLD, SIG_DFL);
  sigset_t none; // the program may hold some back
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Holds nothing of the program's open, not even its terminal or pipes.
int keep_only(int requests) {
  const int kept = ::dup3(requests, kept_descriptor, O_CLOEXEC) >= 0 ? kept_descriptor : requests;
  if (::syscall(SYS_close_range, kept_descriptor + 1, ~0U, 0) != 0)
    for (int fd = kept_descriptor + 1; fd < 1024; ++fd) // a kernel before 5.9; few are open yet
      ::close(fd);
  const unique_fd nothing{::open("/dev/null", O_RDWR | O_CLOEXEC)};
  for (int fd = 0; fd < kept_descriptor; ++fd)
    ::dup2(nothing.get(), fd);
  return kept;
}

void rename_process(std::span<char*> arguments, pid_t program) {
  ::prctl(PR_SET_NAME, "troupe-guardian");
  if (arguments.empty() || arguments.front() == nullptr)
    return;
  char* const begin = arguments.front();
  char* const end = arguments.back() + std::strlen(arguments.back());
  const auto text = "troupe guardian of " + std::to_string(program);
  const auto room = static_cast<std::size_t>(end - begin);
  std::memset(begin, 0, room);
  std::memcpy(begin, text.data(), std::min(text.size(), room));
}

[[noreturn]] void be_guardian(int requests, std::span<char*> arguments,
                              const guardian_terms& terms) {
  rename_process(arguments, ::getppid());
  ::setsid();
  ignore_signals();
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::prctl(PR_SET_PDEATHSIG,
          SIGCONT); // the end of the program is noticed by one that is stopped, too
  unique_fd kept{keep_only(requests)};
  if (::chdir("/") != 0)
    ::_exit(1);
  guardian_loop{std::move(kept), terms}.run();
  ::_exit(0);
}

void end_everything_below_us() {
  process_ledger ledger;
  end_processes(
    ledger, ::getpid(), [](pid_t) { return command_number{0}; },
    [](command_number) { return true; });
}

bool has_ended_in_order(pid_t guardian) {
  int status = 0;
  return ::waitpid(guardian, &status, 0) == guardian && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

} // namespace

std::unique_ptr<guardian> guardian::start(std::span<char*> arguments, const guardian_terms& terms) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return nullptr;
  unique_fd ours{ends[0]};
  const unique_fd its{ends[1]};
  const pid_t pid = ::fork();
  if (pid == 0)
    be_guardian(its.get(), arguments, terms);
  if (pid < 0)
    return nullptr;
  ::prctl(PR_SET_CHILD_SUBREAPER, 1); // for `end_orphans`
  return std::unique_ptr<guardian>{new guardian{pid, std::move(ours)}};
}

guardian::~guardian() {
  ::shutdown(requests_.get(), SHUT_WR);
  wake();
  pollfd end{.fd = requests_.get(), .events = POLLIN, .revents = 0};
  const auto limit = static_cast<int>(std::chrono::milliseconds{guardian_end_limit}.count());
  if (::poll(&end, 1, limit) > 0 && !has_ended_in_order(pid_))
    end_everything_below_us(); // perhaps nobody has noticed until now that it was killed
}

void guardian::wake() const {
  ::kill(pid_, SIGCONT);
}

bool guardian::has_ended() const {
  pollfd its_end{.fd = requests_.get(), .events = 0, .revents = 0};
  return ::poll(&its_end, 1, 0) > 0 && (its_end.revents & POLLHUP) != 0;
}

void guardian::end_orphans() const {
  if (!has_ended_orphans_.test_and_set())
    end_everything_below_us();
}

int guardian::ask(const spawn_plan& plan, const process_bounds& bounds, int channel) const {
  if (plan.descriptors.size() > max_child_descriptors)
    return EMFILE;
  wake();
  const auto bytes = encode_plan(plan, bounds);
  if (bytes.size() > max_plan_bytes)
    return E2BIG;
  const unique_fd file{::memfd_create("plan", MFD_CLOEXEC)};
  if (!file)
    return errno;
  for (std::size_t done = 0; done < bytes.size();) {
    const auto n = ::write(file.get(), bytes.data() + done, bytes.size() - done);
    if (n <= 0)
      return errno;
    done += static_cast<std::size_t>(n);
  }
  std::vector<int> descriptors{file.get(), channel};
  for (const auto& [ours, as] : plan.descriptors)
    descriptors.push_back(ours);
  const auto size = static_cast<std::uint64_t>(bytes.size());
  return send_descriptors(requests_.get(), {reinterpret_cast<const char*>(&size), sizeof(size)},
                          descriptors);
}

} // namespace troupe::net
