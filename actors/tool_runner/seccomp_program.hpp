#pragma once

#include "actors/tool_runner/owned_descriptor.hpp"
#include "actors/tool_runner/sandbox_plan.hpp"

#include <system_error>
#include <utility>
#include <variant>

/// The system calls of a sandboxed process. Contract tools.md 7.3, and more: docs/security.md.
namespace troupe::tool_runner {

/// A compiled seccomp filter. Without network there are no sockets but pairs of connected ones;
/// with it there are those of the Internet (and of the kernel's routes), but none that reach other
/// programs of the machine by a path or a name. In both cases what would lead out of the sandbox,
/// or deep into the kernel, fails with EPERM; calls that hide their arguments from a filter
/// (clone3, openat2) with ENOSYS, so that programs take the older ones; a call of another
/// architecture ends the process. Files cannot get set-user-id or set-group-id bits.
///
/// Held in a sealed memory file, so that it is built once and a thousand children can load it.
/// Movable.
class seccomp_program {
public:
  /// Error: the C library's, or `not_supported` where the kernel or architecture has no seccomp.
  static std::variant<seccomp_program, std::error_code> make(network_access network);

  /// A new descriptor with a reading position of its own, closed on exec.
  std::variant<owned_descriptor, std::error_code> open_for_reading() const;

private:
  explicit seccomp_program(owned_descriptor file) : file_(std::move(file)) {}

  owned_descriptor file_;
};

} // namespace troupe::tool_runner
