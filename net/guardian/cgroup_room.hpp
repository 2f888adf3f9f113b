#pragma once

#include "net/guardian/cgroup_places.hpp"
#include "net/process_bounds.hpp"
#include "net/unique_fd.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace troupe::net {

/// A group (or one per hierarchy) below our own, with a slot per running command that holds the
/// command's bounds. Slots are used again: making and removing a group per command would cost more
/// CPU than the command, and the kernel keeps removed groups as long as a page they have read is
/// cached.
///
/// Version 1 needs the hierarchies of memory and pids; that of cpu, where there is one, gives all
/// commands together half the weight of a usual process. Version 2 needs a group of ours, or above
/// it, that passes memory and pids on.
class cgroup_room {
public:
  cgroup_room() = default;
  ~cgroup_room() { close(); }
  cgroup_room(const cgroup_room&) = delete;
  cgroup_room& operator=(const cgroup_room&) = delete;

  /// Makes it; removes those of guardians that have ended, with what they hold. False: it cannot be
  /// made here, see `problem`.
  bool open(const cgroup_room_name& name);

  bool is_open() const { return !branches_.empty(); }
  bool weighs_cpu() const { return weighs_cpu_; }

  /// Why it is not open, for users.
  const std::string& problem() const { return problem_; }

  struct slot {
    int number = -1;
    std::uint64_t memory_kills = 0; ///< the kernel's counters when it was taken
    std::uint64_t refused_forks = 0;
  };

  /// None: it cannot be made, see `problem`.
  std::optional<slot> take(const process_bounds& bounds);

  /// Whoever is left in it has been seen off.
  void give_back(slot x);

  /// Open files: a process that writes "0" into each of them is in.
  std::vector<int> entries(const slot& x) const;

  std::vector<pid_t> members(const slot& x) const;
  std::uint64_t thread_count(const slot& x) const;

  /// Readable when the kernel has found no memory for a slot, perhaps before it has killed anybody
  /// there; -1: it does not tell, because it kills all of the slot's processes itself (version 2).
  int memory_alarm() const { return alarm_.get(); }
  void quiet_memory_alarm();

  /// Since it was taken: has the kernel killed for memory, or refused a thread because the slot was
  /// full?
  bool has_run_out_of_memory(const slot& x) const;
  bool has_run_out_of_threads(const slot& x);

  /// Nothing in it can fork any more.
  void stop_forks(const slot& x);

  /// Removes everything that is empty.
  void close();

private:
  struct branch {
    enum class role { memory, pids, both, weight };

    role what;
    std::string folder;
    bool bounds_memory() const { return what == role::memory || what == role::both; }
    bool bounds_pids() const { return what == role::pids || what == role::both; }
  };

  bool open_old(const cgroup_places& places, const std::string& name);
  bool open_unified(const cgroup_places& places, const std::string& name);
  struct seat {
    std::optional<process_bounds> bounds; ///< as they are set; none: they have to be
    std::vector<unique_fd> entries;
    bool has_been_full = false; ///< of threads
  };

  bool set_bounds(int number, const process_bounds& bounds) const;
  std::vector<unique_fd> open_entries(int number) const;
  void watch_memory(int number) const;
  std::string file(branch::role role, int number, const char* name) const;
  std::uint64_t counter(const std::string& path, const char* name) const;
  std::uint64_t memory_kills(int number) const;
  std::uint64_t refused_forks(int number) const;

  std::vector<branch> branches_;
  unique_fd alarm_; ///< an eventfd, one for all slots
  std::vector<int> free_;
  std::vector<seat> seats_; ///< by number
  bool is_unified_ = false;
  bool weighs_cpu_ = false;
  std::string problem_;
};

} // namespace troupe::net
