#pragma once

#include "actors/tool_runner/owned_descriptor.hpp"

#include <system_error>
#include <utility>
#include <variant>

/// The system calls of a process without network. Contract tools.md 7.3.
namespace troupe::tool_runner {

/// A compiled seccomp filter: everything is allowed, but sockets other than Unix ones, what is done
/// with them, ptrace and io_uring fail with EPERM. Held in a sealed memory file, so that it is
/// built once and a thousand children can load it. Movable.
class seccomp_program {
public:
  /// Error: the C library's, or `not_supported` where the kernel or architecture has no seccomp.
  static std::variant<seccomp_program, std::error_code> make();

  /// A new descriptor with a reading position of its own, closed on exec.
  std::variant<owned_descriptor, std::error_code> open_for_reading() const;

private:
  explicit seccomp_program(owned_descriptor file) : file_(std::move(file)) {}

  owned_descriptor file_;
};

} // namespace troupe::tool_runner
