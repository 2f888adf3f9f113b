#pragma once

/// Files that a process and its children can read and write, but whose mode, owner and times they
/// cannot change, as it is with devices on a read-only mount. Only system calls: for a child that
/// runs on its parent's memory.
namespace troupe::net {

/// Moves this process to a mount namespace of its own, where mounts arrive but from where none
/// spreads. False: errno says why.
bool enter_own_mounts();

/// Lays a read-only mount of itself over each of `files`, a list that ends with null; what does not
/// exist is left out. Standard descriptors that are one of them are opened again from there. Only
/// after `enter_own_mounts` or the like. False: errno says why.
bool cover_read_only(const char* const* files);

} // namespace troupe::net
