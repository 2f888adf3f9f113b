#pragma once

#include <system_error>
#include <variant>

/// The system calls of a process without network. Contract tools.md 7.3.
namespace troupe::tool_runner {

/// A compiled seccomp filter: everything is allowed, but sockets other than Unix ones, what is done
/// with them, ptrace and io_uring fail with EPERM. Held in a sealed memory file, so that it is
/// built once and a thousand children can load it. Movable; closes its file.
class seccomp_program {
public:
  /// Error: the C library's, or `not_supported` where the kernel or architecture has no seccomp.
  static std::variant<seccomp_program, std::error_code> make();

  seccomp_program(seccomp_program&& other) noexcept;
  seccomp_program& operator=(seccomp_program&& other) noexcept;
  ~seccomp_program();

  /// A new descriptor with a reading position of its own, closed on exec; the caller closes it.
  std::variant<int, std::error_code> open_for_reading() const;

private:
  explicit seccomp_program(int fd) : fd_(fd) {}

  int fd_ = -1;
};

} // namespace troupe::tool_runner
