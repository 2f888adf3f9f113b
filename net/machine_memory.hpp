#pragma once

#include <cstdint>

namespace troupe::net {

/// What this process may use: the machine's memory, or what the control groups that it runs in
/// leave of it. Reads a few files of the kernel.
std::uint64_t usable_memory_bytes();

} // namespace troupe::net
