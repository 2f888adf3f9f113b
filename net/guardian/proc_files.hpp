#pragma once

#include "net/guardian/process_ledger.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What the guardian reads of /proc. Everything here is a moment's view: what it names may be gone.
namespace troupe::net {

/// At most `limit` bytes of a file; empty when it cannot be read.
std::string read_proc_file(const std::string& path, std::size_t limit = 4096);

/// Numbers of all processes, in their order.
std::vector<pid_t> process_numbers();

/// All processes of this machine (or of this process id namespace).
std::vector<process_facts> read_process_table();

std::optional<process_facts> read_process(pid_t pid);

/// What a process has in memory, in bytes, without pages of files on disks.
struct memory_use {
  std::uint64_t own = 0;
  std::uint64_t shared = 0; ///< that it has touched, as others may have: memory and files in it
};

memory_use memory_of(pid_t pid);

/// Its part of shared memory: of a page that n processes have touched an nth counts for each. Goes
/// through page tables: some 10 ms for each GB.
std::uint64_t part_of_shared_memory(pid_t pid);

/// What it has had written, with the children that it has waited for, in bytes.
struct written_amount {
  std::uint64_t to_disks = 0; ///< of file systems where the kernel counts that
  std::uint64_t anywhere = 0; ///< also to pipes and terminals
};

written_amount written_by(pid_t pid);

/// Value of the variable `name` in the environment that it was started with.
std::string variable_of(pid_t pid, std::string_view name);

/// Sends `signal` to the process that `x` names, and to no other that has got its number.
bool send_signal(const process_facts& x, int signal);

} // namespace troupe::net
