#include "actors/tool_runner/seccomp_rules.hpp"

#include <asm/ioctls.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

namespace troupe::tool_runner {

namespace {

using call_number = int;

// Newer than the C library's and libseccomp's headers; the numbers are the same everywhere.
constexpr call_number fchmodat2_call = 452;
constexpr call_number open_tree_attr_call = 467;

/// An argument that the kernel takes as 32 bits: what is in the upper half must not matter.
constexpr std::uint64_t low_half = 0xffffffff;

/// Contract tools.md 7.3, but for what does no more than read or end a pair (shutdown, getsockopt,
/// getsockname): node starts no shell without. Nor for getpeername: bash takes every refusal but
/// "not a socket" for a connection of rshd's, and reads ~/.bashrc before a command.
constexpr auto network_calls = std::to_array<call_number>({
  SCMP_SYS(connect),
  SCMP_SYS(accept),
  SCMP_SYS(accept4),
  SCMP_SYS(bind),
  SCMP_SYS(listen),
  SCMP_SYS(sendmmsg),
  SCMP_SYS(recvmmsg),
  SCMP_SYS(setsockopt),
});

constexpr auto refused_calls = std::to_array<call_number>({
  // other processes
  SCMP_SYS(ptrace),
  SCMP_SYS(process_vm_readv),
  SCMP_SYS(process_vm_writev),
  SCMP_SYS(process_madvise),
  SCMP_SYS(pidfd_getfd),
  SCMP_SYS(kcmp),
  // what is shared with them beside files: System V and POSIX IPC, keys
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
  // namespaces and mounts
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
  // the kernel itself
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
  SCMP_SYS(vm86),
  SCMP_SYS(uselib),
  SCMP_SYS(_sysctl),
  SCMP_SYS(move_pages),
  SCMP_SYS(migrate_pages),
  SCMP_SYS(fanotify_init),
});

/// Their arguments are in memory, where no filter sees them.
constexpr auto hidden_calls = std::to_array<call_number>({SCMP_SYS(clone3), SCMP_SYS(openat2)});

class rule_book {
public:
  explicit rule_book(scmp_filter_ctx filter) : filter_(filter) {}

  int result() const { return result_; }

  void refuse(call_number call, std::initializer_list<scmp_arg_cmp> when = {}) {
    add(SCMP_ACT_ERRNO(EPERM), call, when);
  }

  void refuse_all(std::span<const call_number> calls) {
    for (const auto call : calls)
      refuse(call);
  }

  void hide(call_number call) { add(SCMP_ACT_ERRNO(ENOSYS), call, {}); }

private:
  /// Not every architecture has every call.
  void add(std::uint32_t action, call_number call, std::initializer_list<scmp_arg_cmp> when) {
    if (result_ == 0 && call != __NR_SCMP_ERROR)
      result_ = seccomp_rule_add_array(filter_, action, call, static_cast<unsigned>(when.size()),
                                       when.size() == 0 ? nullptr : when.begin());
  }

  scmp_filter_ctx filter_;
  int result_ = 0;
};

scmp_arg_cmp has_bits(unsigned argument, std::uint64_t bits) {
  return SCMP_CMP64(argument, SCMP_CMP_MASKED_EQ, bits, bits);
}

scmp_arg_cmp is_int(unsigned argument, std::uint32_t value) {
  return SCMP_CMP64(argument, SCMP_CMP_MASKED_EQ, low_half, value);
}

/// Families of sockets that a filter is asked about; higher ones are refused as a whole.
constexpr std::uint64_t first_unknown_family = 64;

bool is_allowed(std::uint64_t family) {
  return family == AF_INET || family == AF_INET6 || family == AF_NETLINK;
}

void add_sockets(rule_book& rules, network_access network) {
  // A pair of datagram sockets can still send to any address. SOCK_RAW is another name for them.
  constexpr std::uint64_t type_bits = 0xf;
  rules.refuse(SCMP_SYS(socketpair), {SCMP_A0_64(SCMP_CMP_NE, AF_UNIX)});
  for (std::uint64_t type = 0; type <= type_bits; ++type)
    if (type != SOCK_STREAM && type != SOCK_SEQPACKET)
      rules.refuse(SCMP_SYS(socketpair), {SCMP_A1_64(SCMP_CMP_MASKED_EQ, type_bits, type)});
  if (network == network_access::none) {
    rules.refuse_all(network_calls);
    // Without an address it is how event loops wake themselves up through a pair.
    rules.refuse(SCMP_SYS(sendto), {SCMP_A4_64(SCMP_CMP_NE, 0)});
    return rules.refuse(SCMP_SYS(socket));
  }
  for (std::uint64_t family = 0; family < first_unknown_family; ++family)
    if (!is_allowed(family))
      rules.refuse(SCMP_SYS(socket), {SCMP_A0_64(SCMP_CMP_EQ, family)});
  rules.refuse(SCMP_SYS(socket), {SCMP_A0_64(SCMP_CMP_GE, first_unknown_family)});
  constexpr std::uint64_t routes = 0; // NETLINK_ROUTE: which addresses the machine has
  rules.refuse(SCMP_SYS(socket),
               {SCMP_A0_64(SCMP_CMP_EQ, AF_NETLINK), SCMP_A2_64(SCMP_CMP_NE, routes)});
}

/// A program that others run with the rights of its owner.
void add_file_modes(rule_book& rules) {
  constexpr auto temporary = static_cast<std::uint64_t>(O_TMPFILE & ~O_DIRECTORY);
  for (const std::uint64_t bit : {std::uint64_t{S_ISUID}, std::uint64_t{S_ISGID}}) {
    rules.refuse(SCMP_SYS(chmod), {has_bits(1, bit)});
    rules.refuse(SCMP_SYS(fchmod), {has_bits(1, bit)});
    rules.refuse(SCMP_SYS(fchmodat), {has_bits(2, bit)});
    rules.refuse(fchmodat2_call, {has_bits(2, bit)});
    rules.refuse(SCMP_SYS(creat), {has_bits(1, bit)});
    rules.refuse(SCMP_SYS(mknod), {has_bits(1, bit)});
    rules.refuse(SCMP_SYS(mknodat), {has_bits(2, bit)});
    // Otherwise the mode is what happens to be in the register.
    for (const auto makes : {static_cast<std::uint64_t>(O_CREAT), temporary}) {
      rules.refuse(SCMP_SYS(open), {has_bits(1, makes), has_bits(2, bit)});
      rules.refuse(SCMP_SYS(openat), {has_bits(2, makes), has_bits(3, bit)});
    }
  }
}

void add_namespaces(rule_book& rules) {
  constexpr auto kinds =
    std::to_array<std::uint64_t>({CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
                                  CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET});
  for (const auto kind : kinds)
    rules.refuse(SCMP_SYS(clone), {has_bits(0, kind)});
}

/// Programs may ask for fixed addresses (sanitizers and debuggers do), and for an older system's
/// name, not for another way of running. All bits set is a question and changes nothing.
void add_personality(rule_book& rules) {
  constexpr std::uint64_t harmless = ADDR_NO_RANDOMIZE | UNAME26 | PER_LINUX32;
  std::vector<std::uint64_t> odd;
  std::vector<std::uint64_t> usual;
  for (int i = 0; i < 32; ++i) {
    const auto bit = std::uint64_t{1} << i;
    ((bit & harmless) == 0 ? odd : usual).push_back(bit);
  }
  const auto refuse = [&](std::uint64_t set, std::uint64_t clear) {
    rules.refuse(SCMP_SYS(personality), {SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, set | clear, set)});
  };
  // Where some odd bits are set and some are not, one that is set has a neighbour that is not.
  for (std::size_t i = 0; i < odd.size(); ++i)
    refuse(odd[i], odd[(i + 1) % odd.size()]);
  for (const auto bit : usual)
    refuse(odd.front(), bit);
}

/// Types into the terminal of others.
void add_terminals(rule_book& rules) {
  for (const auto request : {TIOCSTI, TIOCLINUX, TIOCCONS, TIOCSETD})
    rules.refuse(SCMP_SYS(ioctl), {is_int(1, static_cast<std::uint32_t>(request))});
}

/// Makes others wait who open a file, the program itself and those outside of the sandbox too, and
/// needs no more than that the file is one's own.
void add_leases(rule_book& rules) {
  rules.refuse(SCMP_SYS(fcntl), {is_int(1, F_SETLEASE)});
}

} // namespace

int add_sandbox_rules(scmp_filter_ctx to, network_access network) {
  rule_book rules{to};
  rules.refuse_all(refused_calls);
  for (const auto call : hidden_calls)
    rules.hide(call);
  add_sockets(rules, network);
  add_file_modes(rules);
  add_namespaces(rules);
  add_personality(rules);
  add_terminals(rules);
  add_leases(rules);
  return rules.result();
}

} // namespace troupe::tool_runner
