#pragma once

#include "net/guardian/bound_verdict.hpp"
#include "net/guardian/cgroup_room.hpp"
#include "net/guardian/guardian.hpp"
#include "net/guardian/guardian_message.hpp"
#include "net/guardian/process_ledger.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe::net {

/// The guardian's commands: each a process that was asked for (its leader) and all that it has
/// started. Starts them, knows when they have ended, ends them as a whole, and holds their bounds:
/// by a cgroup where one may be made, else by looking at what they take. A look also sees that a
/// disk runs full (`disk_watch`), which no cgroup bounds.
///
/// A command lasts from its start until its leader has ended, nobody asks for it any more, and none
/// of its processes is left. What a leader leaves behind stays alive until then: an agent may start
/// a server so.
class command_keeper {
public:
  using clock = std::chrono::steady_clock;

  explicit command_keeper(cgroup_use use);

  /// `started` or `failed`.
  child_news start(command_number number, received_plan received);

  /// SIGKILL goes to every process of the command, also to those that have left its group or
  /// session; another signal to the group of its leader, as a terminal would send it.
  void signal(command_number number, int signal);

  /// Nobody asks for it any more. A leader that still runs is ended with all of its processes.
  void release(command_number number);

  /// Takes leave of processes that have ended; news of those that were leaders.
  std::vector<std::pair<command_number, child_news>> reap();

  /// Milliseconds until `look` has something to do; -1: nothing at all.
  int next_look(clock::time_point now) const;

  /// What has to be done from time to time: to end what was born while its command was ended, and
  /// to forget commands of which nothing is left.
  void look(clock::time_point now);

  /// Ends everything below this process, and waits for that as long as `guardian_end_limit`.
  /// `deaths` is readable when a child has ended.
  void end_all(int deaths);

private:
  /// By which a process that has lost its parent and its session is still known to be a command's.
  static constexpr const char* mark_variable = "TROUPE_COMMAND";

  struct command {
    pid_t leader = 0; ///< 0: has ended
    bool is_released = false;
    bool is_ending = false; ///< is being killed
    process_bounds bounds;
    std::optional<cgroup_room::slot> slot;
    std::vector<std::string> folders; ///< where it is likely to write
    std::string verdict;              ///< the bound that has ended it
  };

  using owner_filter = std::function<bool(command_number)>;

  struct written_bytes {
    std::uint64_t start_time;
    std::uint64_t bytes;
  };

  struct low_disk {
    std::string folder;
    disk_state state;
  };

  bool wants_slot(const process_bounds& bounds);
  spawn_result spawn(command& x, const spawn_plan& plan);

  /// What tells a command's orphans beside their session: slots, and marks.
  process_ledger::lookup owner_lookup() const;
  std::vector<owned_process> processes();

  /// Is a folder on a disk that answers at once? One of another machine, or of a program, may hang.
  bool is_local(const std::string& folder);
  command_number owner_by_mark(pid_t pid) const;

  tree_usage usage_of(command_number number, const command& x,
                      const std::vector<owned_process>& living) const;
  void hold_bounds(const std::vector<owned_process>& living);
  std::string verdict_of_kernel(const command& x) const;
  std::string verdict_at_end(const command& x, const child_news& news) const;
  std::map<std::uint64_t, low_disk> low_disks();
  disk_watch::growth take_growth(const std::vector<owned_process>& living);
  void hold_disks(const std::map<std::uint64_t, low_disk>& low,
                  const std::vector<owned_process>& living);
  void condemn(command_number number, std::string verdict);
  void forget_ended(const std::vector<owned_process>& living);
  bool is_left_alone(command_number number) const;
  void forget(command_number number);

  /// All processes of the commands that `wanted` names.
  void kill_all(const owner_filter& wanted);

  void end(command_number number);
  void look_soon();

  const pid_t self_;
  const std::string mark_; ///< of this guardian: begin of the marks of its commands
  const int niceness_;     ///< of this process before it raised its priority
  cgroup_room room_;
  bool has_tried_room_ = false;
  bool trusts_room_ = true; ///< until somebody else has spoilt it
  disk_watch disks_;
  std::map<pid_t, written_bytes> written_;    ///< while a disk is low, at the last look
  std::map<std::uint64_t, bool> local_disks_; ///< by device number, as far as asked
  std::map<command_number, command> commands_;
  process_ledger ledger_;
  double largest_share_ = 0; ///< of a bound, at the last look
  std::optional<clock::time_point> next_look_;
  std::chrono::milliseconds pause_{0}; ///< between the last two looks
};

} // namespace troupe::net
