#include "actors/tool_runner/seccomp_program.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>

namespace troupe::tool_runner {

namespace {

std::error_code error_of(int number) {
  return {number, std::generic_category()};
}

struct release_filter {
  void operator()(void* filter) const { seccomp_release(filter); }
};

using filter = std::unique_ptr<void, release_filter>;

/// 0 or a negative errno, as libseccomp returns it.
int add_rules(scmp_filter_ctx to) {
  constexpr auto denied = std::to_array<int>({
    SCMP_SYS(connect),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(bind),
    SCMP_SYS(listen),
    SCMP_SYS(getpeername),
    SCMP_SYS(getsockname),
    SCMP_SYS(shutdown),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmmsg),
    SCMP_SYS(recvmmsg),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    SCMP_SYS(ptrace),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
  });
  for (const auto call : denied)
    if (const auto result = seccomp_rule_add(to, SCMP_ACT_ERRNO(EPERM), call, 0); result != 0)
      return result;
  for (const auto call : {SCMP_SYS(socket), SCMP_SYS(socketpair)})
    if (const auto result =
          seccomp_rule_add(to, SCMP_ACT_ERRNO(EPERM), call, 1, SCMP_A0(SCMP_CMP_NE, AF_UNIX, 0));
        result != 0)
      return result;
  return 0;
}

} // namespace

std::variant<seccomp_program, std::error_code> seccomp_program::make() {
  const filter rules{seccomp_init(SCMP_ACT_ALLOW)};
  if (!rules)
    return std::make_error_code(std::errc::not_supported);
  if (const auto result = add_rules(rules.get()); result != 0)
    return error_of(-result);
  owned_descriptor file{::memfd_create("troupe-seccomp", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  if (!file.is_open())
    return error_of(errno);
  if (const auto result = seccomp_export_bpf(rules.get(), file.number()); result != 0)
    return error_of(-result);
  constexpr auto seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
  if (::fcntl(file.number(), F_ADD_SEALS, seals) != 0)
    return error_of(errno);
  return seccomp_program{std::move(file)};
}

std::variant<owned_descriptor, std::error_code> seccomp_program::open_for_reading() const {
  // A duplicate would share the reading position with every other child.
  const auto path = fmt::format("/proc/self/fd/{}", file_.number());
  owned_descriptor result{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!result.is_open())
    return error_of(errno);
  return result;
}

} // namespace troupe::tool_runner
