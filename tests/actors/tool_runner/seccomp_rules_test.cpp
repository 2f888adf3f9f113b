#define CAF_SUITE seccomp_rules
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/seccomp_program.hpp"

#include <asm/ioctls.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <span>
#include <variant>
#include <vector>

using namespace troupe;
using namespace troupe::tool_runner;

// The program is read, not loaded: nothing happens when a call is let through by mistake, and one
// that the kernel refuses by itself does not count as refused.

namespace {

constexpr std::uint32_t allowed = SECCOMP_RET_ALLOW;
constexpr std::uint32_t refused = SECCOMP_RET_ERRNO | EPERM;
constexpr std::uint32_t hidden = SECCOMP_RET_ERRNO | ENOSYS;
constexpr int fchmodat2_call = 452;
constexpr int open_tree_attr_call = 467;

using arguments = std::initializer_list<std::uint64_t>;

std::uint32_t verdict_of(std::span<const sock_filter> program, const seccomp_data& call) {
  std::uint32_t value = 0;
  for (std::size_t at = 0; at < program.size(); ++at) {
    const auto& step = program[at];
    const auto jump = [&](bool holds) {
      at += holds ? std::size_t{step.jt} : std::size_t{step.jf};
    };
    switch (step.code) {
    case BPF_LD | BPF_W | BPF_ABS:
      REQUIRE(step.k + sizeof(value) <= sizeof(call));
      std::memcpy(&value, reinterpret_cast<const char*>(&call) + step.k, sizeof(value));
      break;
    case BPF_ALU | BPF_AND | BPF_K: value &= step.k; break;
    case BPF_JMP | BPF_JA: at += std::size_t{step.k}; break;
    case BPF_JMP | BPF_JEQ | BPF_K: jump(value == step.k); break;
    case BPF_JMP | BPF_JGT | BPF_K: jump(value > step.k); break;
    case BPF_JMP | BPF_JGE | BPF_K: jump(value >= step.k); break;
    case BPF_JMP | BPF_JSET | BPF_K: jump((value & step.k) != 0); break;
    case BPF_RET | BPF_K: return step.k;
    default: CAF_FAIL("not known here: instruction " << step.code);
    }
  }
  CAF_FAIL("the program has no end");
}

std::vector<sock_filter> program_for(network_access network) {
  const auto made = seccomp_program::make(network);
  REQUIRE(std::holds_alternative<seccomp_program>(made));
  const auto file = std::get<seccomp_program>(made).open_for_reading();
  REQUIRE(std::holds_alternative<owned_descriptor>(file));
  const auto fd = std::get<owned_descriptor>(file).number();
  std::vector<sock_filter> result;
  for (sock_filter step{}; ::read(fd, &step, sizeof(step)) == static_cast<ssize_t>(sizeof(step));)
    result.push_back(step);
  return result;
}

struct fixture {
  std::vector<sock_filter> without = program_for(network_access::none);
  std::vector<sock_filter> with = program_for(network_access::host);

  static std::uint32_t verdict(const std::vector<sock_filter>& program, int call, arguments x) {
    seccomp_data told{};
    told.nr = call;
    told.arch = seccomp_arch_native();
    std::copy(x.begin(), x.end(), told.args);
    return verdict_of(program, told);
  }

  /// Without a network and with one alike. A call that this architecture does not have is
  /// everything.
  bool is(std::uint32_t expected, int call, arguments x = {}) const {
    return call < 0 ||
           (verdict(without, call, x) == expected && verdict(with, call, x) == expected);
  }

  /// Those that are not.
  std::vector<int> except(std::uint32_t expected, std::span<const int> calls) const {
    std::vector<int> result;
    for (const int call : calls)
      if (!is(expected, call))
        result.push_back(call);
    return result;
  }
};

const std::vector<int> none{};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("what reaches other processes, namespaces or deep into the kernel is refused") {
  constexpr auto calls = std::to_array<int>({
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(process_madvise),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(kcmp),
    SCMP_SYS(shmget),
    SCMP_SYS(shmat),
    SCMP_SYS(shmctl),
    SCMP_SYS(shmdt),
    SCMP_SYS(msgget),
    SCMP_SYS(msgsnd),
    SCMP_SYS(msgrcv),
    SCMP_SYS(msgctl),
    SCMP_SYS(semget),
    SCMP_SYS(semop),
    SCMP_SYS(semtimedop),
    SCMP_SYS(semctl),
    SCMP_SYS(mq_open),
    SCMP_SYS(mq_unlink),
    SCMP_SYS(mq_timedsend),
    SCMP_SYS(mq_timedreceive),
    SCMP_SYS(mq_notify),
    SCMP_SYS(mq_getsetattr),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(keyctl),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(open_tree),
    SCMP_SYS(move_mount),
    SCMP_SYS(fsopen),
    SCMP_SYS(fsconfig),
    SCMP_SYS(fsmount),
    SCMP_SYS(fspick),
    SCMP_SYS(mount_setattr),
    open_tree_attr_call,
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(reboot),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(acct),
    SCMP_SYS(quotactl),
    SCMP_SYS(quotactl_fd),
    SCMP_SYS(syslog),
    SCMP_SYS(lookup_dcookie),
    SCMP_SYS(nfsservctl),
    SCMP_SYS(vhangup),
    SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime),
    SCMP_SYS(sethostname),
    SCMP_SYS(setdomainname),
    SCMP_SYS(iopl),
    SCMP_SYS(ioperm),
    SCMP_SYS(modify_ldt),
    SCMP_SYS(uselib),
    SCMP_SYS(_sysctl),
    SCMP_SYS(move_pages),
    SCMP_SYS(migrate_pages),
    SCMP_SYS(fanotify_init),
  });
  CHECK_EQ(except(refused, calls), none);
}

SCENARIO("calls that hide their arguments look as if they were not there") {
  constexpr auto calls = std::to_array<int>({SCMP_SYS(clone3), SCMP_SYS(openat2)});
  CHECK_EQ(except(hidden, calls), none);
}

SCENARIO("what programs do every day is allowed") {
  constexpr auto calls = std::to_array<int>(
    {SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(openat), SCMP_SYS(execve), SCMP_SYS(mmap),
     SCMP_SYS(kill), SCMP_SYS(wait4), SCMP_SYS(ioctl), SCMP_SYS(clone), SCMP_SYS(shutdown),
     SCMP_SYS(getsockopt), SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(sendmsg),
     SCMP_SYS(recvmsg)});
  CHECK_EQ(except(allowed, calls), none);
}

SCENARIO("without a network there are no sockets but connected pairs") {
  constexpr auto calls = std::to_array<int>({SCMP_SYS(connect), SCMP_SYS(accept), SCMP_SYS(accept4),
                                             SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(sendmmsg),
                                             SCMP_SYS(recvmmsg), SCMP_SYS(setsockopt)});
  for (const int call : calls) {
    CHECK_EQ(verdict(without, call, {}), refused);
    CHECK_EQ(verdict(with, call, {}), allowed);
  }
  for (std::uint64_t family = 0; family < 70; ++family)
    CHECK_EQ(verdict(without, SCMP_SYS(socket), {family}), refused);
  CHECK_EQ(verdict(without, SCMP_SYS(sendto), {3, 1, 1, 0, 1}), refused);
  CHECK_EQ(verdict(without, SCMP_SYS(sendto), {3, 1, 1, 0, 0}), allowed);
  CHECK_EQ(verdict(with, SCMP_SYS(sendto), {3, 1, 1, 0, 1}), allowed);
}

SCENARIO("a pair is of streams or packets, and of this machine") {
  for (std::uint64_t type = 0; type < 16; ++type) {
    const auto expected = type == SOCK_STREAM || type == SOCK_SEQPACKET ? allowed : refused;
    CHECK(is(expected, SCMP_SYS(socketpair), {AF_UNIX, type}));
    CHECK(is(expected, SCMP_SYS(socketpair), {AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK}));
  }
  CHECK(is(refused, SCMP_SYS(socketpair), {AF_INET, SOCK_STREAM}));
}

SCENARIO("with a network there are sockets of the Internet and of the kernel's routes only") {
  for (std::uint64_t family = 0; family < 70; ++family) {
    const bool is_expected = family == AF_INET || family == AF_INET6 || family == AF_NETLINK;
    CHECK_EQ(verdict(with, SCMP_SYS(socket), {family, SOCK_DGRAM, 0}),
             is_expected ? allowed : refused);
  }
  for (std::uint64_t protocol = 1; protocol < 32; ++protocol)
    CHECK_EQ(verdict(with, SCMP_SYS(socket), {AF_NETLINK, SOCK_RAW, protocol}), refused);
}

SCENARIO("no file gets a set-user-id or set-group-id bit, however it is made") {
  constexpr std::uint64_t create = O_CREAT | O_WRONLY;
  constexpr std::uint64_t temporary = O_TMPFILE | O_WRONLY;
  for (const auto mode : arguments{00755, 04755, 02755}) {
    const auto expected = mode == 00755 ? allowed : refused;
    CHECK(is(expected, SCMP_SYS(chmod), {1, mode}));
    CHECK(is(expected, SCMP_SYS(fchmod), {3, mode}));
    CHECK(is(expected, SCMP_SYS(fchmodat), {3, 1, mode}));
    CHECK(is(expected, fchmodat2_call, {3, 1, mode, 0}));
    CHECK(is(expected, SCMP_SYS(creat), {1, mode}));
    CHECK(is(expected, SCMP_SYS(mknod), {1, mode, 0}));
    CHECK(is(expected, SCMP_SYS(mknodat), {3, 1, mode, 0}));
    for (const auto flags : arguments{create, temporary}) {
      CHECK(is(expected, SCMP_SYS(open), {1, flags, mode}));
      CHECK(is(expected, SCMP_SYS(openat), {3, 1, flags, mode}));
    }
    // Nothing is made: what looks like a mode was left in the register.
    CHECK(is(allowed, SCMP_SYS(open), {1, O_RDONLY | O_DIRECTORY, mode}));
    CHECK(is(allowed, SCMP_SYS(openat), {3, 1, O_RDONLY | O_DIRECTORY, mode}));
  }
}

SCENARIO("a new process stays in the namespaces of its parent") {
  for (const auto kind : arguments{CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
                                   CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET})
    CHECK(is(refused, SCMP_SYS(clone), {kind | 17}));
  CHECK(is(allowed, SCMP_SYS(clone), {CLONE_VM | CLONE_VFORK | 17}));
}

SCENARIO("another way of running is refused, a fixed address is not") {
  constexpr std::uint64_t harmless = ADDR_NO_RANDOMIZE | UNAME26 | PER_LINUX32;
  constexpr std::uint64_t question = 0xFFFF'FFFF;
  for (int i = 0; i < 32; ++i) {
    const auto bit = std::uint64_t{1} << i;
    const bool is_harmless = (bit & harmless) != 0;
    CHECK(is(is_harmless ? allowed : refused, SCMP_SYS(personality), {bit}));
    CHECK(is(refused, SCMP_SYS(personality), {question & ~bit}));
  }
  CHECK(is(allowed, SCMP_SYS(personality), {0}));
  CHECK(is(allowed, SCMP_SYS(personality), {question}));
}

SCENARIO("files cannot be leased") {
  constexpr std::uint64_t upper = std::uint64_t{1} << 32;
  CHECK(is(refused, SCMP_SYS(fcntl), {3, F_SETLEASE}));
  CHECK(is(refused, SCMP_SYS(fcntl), {3, upper | F_SETLEASE}));
  for (const auto usual : arguments{F_GETFD, F_SETFL, F_SETLK, F_DUPFD_CLOEXEC})
    CHECK(is(allowed, SCMP_SYS(fcntl), {3, usual}));
}

SCENARIO("nobody types into the terminal of others, whatever the upper half holds") {
  for (const auto request : arguments{TIOCSTI, TIOCLINUX, TIOCCONS, TIOCSETD})
    for (const auto upper : arguments{0, std::uint64_t{1} << 32})
      CHECK(is(refused, SCMP_SYS(ioctl), {0, upper | request}));
  CHECK(is(allowed, SCMP_SYS(ioctl), {0, TCGETS}));
}

SCENARIO("a call of another architecture ends the process") {
  seccomp_data call{};
  call.arch = ~seccomp_arch_native();
  CHECK_EQ(verdict_of(without, call), SECCOMP_RET_KILL_PROCESS);
  CHECK_EQ(verdict_of(with, call), SECCOMP_RET_KILL_PROCESS);
}

END_FIXTURE_SCOPE()
