#pragma once

#include <string_view>

namespace troupe::tool_runner {

/// What is seen of a machine without trying anything.
struct sandbox_signs {
  bool is_root = false;
  bool may_administer = false;      ///< CAP_SYS_ADMIN is in force
  bool is_filtered = false;         ///< system calls of this process are filtered, as in containers
  bool has_user_namespaces = false; ///< an ordinary user may make them
  bool root_is_mount = false;       ///< `/` is a mount point: no plain chroot
  bool has_bubblewrap = false;      ///< it lies where every system has it
};

/// Whether a sandbox will work here as far as signs tell. A trial knows for certain, but costs half
/// as much CPU as a whole `troupe exec`: who runs one turn, perhaps without a command, tries only
/// where this says no.
constexpr bool promise_sandbox(const sandbox_signs& x) {
  return x.has_bubblewrap && x.root_is_mount && !x.is_filtered &&
         (x.is_root ? x.may_administer : x.has_user_namespaces);
}

/// From the texts of /proc/self/status and of the three files of /proc/sys that forbid user
/// namespaces ("" where there is none); the rest is left as it is.
sandbox_signs read_signs(std::string_view status, std::string_view max_user_namespaces,
                         std::string_view unprivileged_clone, std::string_view restricted);

/// Asks this machine. `chosen`: a bubblewrap that the user has named (bubblewrap_variable); nothing
/// is promised for it.
sandbox_signs signs_of_this_machine(std::string_view chosen);

} // namespace troupe::tool_runner
