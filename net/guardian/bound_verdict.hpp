#pragma once

#include "net/guardian/process_ledger.hpp"
#include "net/process_bounds.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

/// When a command has taken too much, and how it is told.
namespace troupe::net {

/// What a command takes at a moment.
struct tree_usage {
  std::uint64_t memory_bytes = 0;
  std::uint64_t processes = 0;
  std::uint64_t threads = 0; ///< of all of them; 0: the kernel bounds them
};

/// "ended: more than 1024 processes ([tools] max_processes)"; empty: it keeps its bounds.
std::string verdict_on(const tree_usage& usage, const process_bounds& bounds);

std::string memory_verdict(const process_bounds& bounds);
std::string process_verdict(const process_bounds& bounds);
std::string file_verdict(const process_bounds& bounds);
std::string disk_verdict(std::string_view folder, std::uint64_t floor_bytes);

/// That the kernel does not hold memory and processes here, why, and what helps.
enum class init_system : bool { other, systemd };
std::string watched_notice(std::string_view cause, init_system machine);

/// "16.0 GiB"
std::string size_text(std::uint64_t bytes);

/// The larger share of its two bounds that a command uses; 1 is all of it.
double share_of(const tree_usage& usage, const process_bounds& bounds);

/// Until the next look, after one that has taken `cost` and seen `share` as the largest. Between
/// two looks a tree may take another gigabyte: who is near its bounds is looked at often; and
/// looking takes a twentieth of a core at most.
std::chrono::milliseconds next_pause(std::chrono::milliseconds last, double share,
                                     std::chrono::microseconds cost);

/// Free space that a disk keeps: a fiftieth, between 16 MiB and 1 GiB.
std::uint64_t disk_floor(std::uint64_t total_bytes);

struct disk_state {
  std::uint64_t total_bytes = 0;
  std::uint64_t free_bytes = 0;
};

/// Finds who fills a disk. From the moment that one is below its floor, what each command writes is
/// added up; once it has lost space since then, the command that has written most is named. A disk
/// that was full before, and to which nobody writes, harms nobody.
class disk_watch {
public:
  /// Bytes since the last look, of processes that live at this one. Of many that live but a moment
  /// a part is seen, which suffices to tell who starts them.
  using growth = std::map<command_number, std::uint64_t>;

  /// Less is noise: a log line, a shell's history.
  static constexpr std::uint64_t least_growth_bytes = 1024 * 1024;

  static bool is_low(const disk_state& x) { return x.free_bytes < disk_floor(x.total_bytes); }

  /// `disk` is low. The command to be ended, if any.
  std::optional<command_number> look(std::uint64_t disk, const disk_state& state,
                                     const growth& written);

  /// `disk` is not low.
  void forget(std::uint64_t disk) { low_.erase(disk); }

private:
  struct sight {
    std::uint64_t free_bytes;
    growth written;
  };

  std::map<std::uint64_t, sight> low_; ///< disks below their floor, since they were first seen so
};

} // namespace troupe::net
