#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>

/// What this process has used, as the kernel counts it.
namespace troupe::bench {

/// CPU time of all threads so far, user and system.
std::chrono::microseconds cpu_time();

/// Bytes this process caused to be written to storage: whole pages, counted when they become dirty.
/// 0 where the kernel does not tell.
std::uint64_t disk_bytes();

/// Memory in KB (1,024 bytes) that only this process uses, after freed memory was given back.
std::int64_t private_kb();

/// The most that was ever resident, in KB.
std::int64_t peak_rss_kb();

/// Sizes of all files below `folder`; 0 when there is none.
std::uint64_t folder_bytes(const std::filesystem::path& folder);

} // namespace troupe::bench
