#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace troupe::net {

/// A process as /proc shows it. Number and start together name it for ever.
struct process_facts {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t session = 0;
  std::uint64_t start_time = 0; ///< clock ticks since the machine's start
  char state = '?';             ///< 'Z': has ended and waits for its parent
  std::uint32_t threads = 0;
  bool operator==(const process_facts&) const = default;
};

/// From the text of /proc/PID/stat; none when it does not read so.
std::optional<process_facts> parse_process_stat(std::string_view text);

/// Commands of a guardian, counted from 1. 0: which one is not known.
using command_number = std::uint32_t;

struct owned_process {
  process_facts process;
  command_number owner = 0;
};

/// Knows which process belongs to which command.
///
/// A process belongs to the command of its parent. One that has lost its parent becomes a child of
/// the guardian, who is the subreaper of all of them: it belongs to the command it was seen with
/// before, else to the one whose session it is in, else to the one that the caller can tell (by
/// cgroup or by a mark in its environment). What is left has changed its session, lost its parent
/// between two looks and wiped its environment: it is nobody's, and ends with the guardian.
class process_ledger {
public:
  using lookup = std::function<command_number(pid_t)>;

  void add(command_number command, pid_t leader);
  void remove(command_number command);

  /// Everything below `guardian` in `table`, parents first. `told` is asked about the rest only.
  std::vector<owned_process> assign(std::span<const process_facts> table, pid_t guardian,
                                    const lookup& told);

  /// Owner of one process of a look that goes through them one by one, in the order of their
  /// numbers, right after an `assign`, because the number of a parent that was seen long ago may be
  /// another's; none when it is not below `guardian`, as far as is known yet. A child comes after
  /// its parent, unless numbers have begun anew in between: a second look knows it then.
  std::optional<command_number> see(const process_facts& x, pid_t guardian, const lookup& told);

private:
  struct sighting {
    std::uint64_t start_time;
    command_number owner;
  };

  command_number owner_of_orphan(const process_facts& x, const lookup& told) const;

  std::map<pid_t, command_number> leaders_; ///< which are the numbers of their sessions
  std::map<pid_t, sighting> seen_;          ///< at the last look
};

} // namespace troupe::net
