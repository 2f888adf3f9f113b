#pragma once

#include "net/guardian/bound_verdict.hpp"
#include "net/guardian/cgroup_room.hpp"
#include "net/guardian/child_start.hpp"
#include "net/guardian/event_set.hpp"
#include "net/guardian/guardian.hpp"
#include "net/guardian/guardian_message.hpp"
#include "net/guardian/proc_files.hpp"
#include "net/guardian/process_ledger.hpp"
#include "net/guardian/ready_paths.hpp"
#include "net/unique_fd.hpp"

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
///
/// Nothing here waits for a disk: where a command's folder and program are not at hand
/// (`ready_paths`), it is started by a child that may hang on its way, and is given up after a
/// limit; what disks hold is asked by descriptors of folders on local ones.
class command_keeper {
public:
  using clock = std::chrono::steady_clock;
  using news_list = std::vector<std::pair<command_number, child_news>>;

  /// Adds the reports of starting children to `events`.
  command_keeper(const guardian_terms& terms, event_set& events);

  /// Later news say whether it has `started` or `failed`. `descriptors` are those of the plan.
  void start(command_number number, received_plan received, std::vector<unique_fd> descriptors);

  /// A starting child has told something.
  void on_report(command_number number);

  /// What has become known, in the order in which it happened.
  news_list take_news() { return std::exchange(news_, {}); }

  /// SIGKILL goes to every process of the command, also to those that have left its group or
  /// session; another signal to the group of its leader, as a terminal would send it.
  void signal(command_number number, int signal);

  /// Nobody asks for it any more. A leader that still runs is ended with all of its processes.
  void release(command_number number);

  /// The kernel has found no memory for a command.
  void on_memory_alarm();

  /// Takes leave of processes that have ended.
  void reap();

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

  /// What is needed until its program runs.
  struct pending_start {
    received_plan received;
    std::vector<unique_fd> descriptors;
    std::vector<std::string> folders; ///< where it is likely to write; the first is its own
    unique_fd report;
    clock::time_point deadline;
    bool has_entered = false;      ///< its folder
    std::vector<int> held_signals; ///< it could not take them yet
  };

  struct written_folder {
    std::uint64_t device;
    std::string name;
  };

  struct command {
    pid_t leader = 0; ///< 0: has ended
    std::optional<pending_start> start;
    bool is_refused = false; ///< its end is no news: it has been said that it has not started
    bool is_released = false;
    bool is_ending = false; ///< is being killed
    process_bounds bounds;
    std::optional<cgroup_room::slot> slot;
    std::vector<written_folder> folders; ///< where it is likely to write, on local disks
    std::string verdict;                 ///< the bound that has ended it
  };

  using owner_filter = std::function<bool(command_number)>;

  struct written_bytes {
    std::uint64_t start_time;
    written_amount written;
  };

  struct growth_of_commands {
    disk_watch::growth to_disks, anywhere;
    void add(command_number owner, const written_amount& now, const written_amount& before);
  };

  struct known_disk {
    writable_folder::disk kind;
    unique_fd folder; ///< one of it, as long as a command may write there
  };

  struct low_disk {
    writable_folder::disk kind;
    disk_state state;
  };

  bool wants_slot(const process_bounds& bounds);
  spawn_terms terms_of(command& x);
  int begin(command_number number, command& x);
  bool begin_at_once(command_number number, command& x);
  void distrust_room(command& x);
  void confirm(command_number number);
  void refuse_at(birth_stage stage, command_number number, int error);
  void refuse(command_number number, int error, std::string text);
  void end_late_starts(clock::time_point now);
  void on_leader_end(command_number number, child_news news);

  /// Where a command is likely to write. Its own folder, and others that are not below a mount
  /// which may hang.
  std::vector<std::string> folders_of(const spawn_plan& plan);
  bool is_reachable(const std::string& folder);

  /// Runs in the child, as does a look there.
  static std::vector<unique_fd> open_all(const std::vector<std::string>& folders);
  std::vector<writable_folder> look_at(std::vector<unique_fd> folders) const;
  void note_folders(command& x, std::vector<writable_folder> seen);
  void forget_disks();

  /// What tells a command's orphans beside their session: slots, and marks.
  process_ledger::lookup owner_lookup() const;
  std::vector<owned_process> processes();

  command_number owner_by_mark(pid_t pid) const;

  tree_usage usage_of(command_number number, const command& x,
                      const std::vector<owned_process>& living) const;
  void hold_bounds(const std::vector<owned_process>& living);
  std::string verdict_of_kernel(const command& x);
  std::string verdict_at_end(const command& x, const child_news& news);
  void judge_end(command_number number, child_news& news);
  std::map<std::uint64_t, low_disk> low_disks();
  written_amount written_before(const process_facts& x) const;

  /// Of a process without a parent that waits for it, before it is gone.
  void note_last_writes(pid_t pid);
  growth_of_commands take_growth(const std::vector<owned_process>& living);
  static std::string name_of(std::uint64_t device, const command& x);
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
  const std::string mark_;               ///< of this guardian: begin of the marks of its commands
  const int niceness_;                   ///< of this process before it raised its priority
  const std::uint64_t open_descriptors_; ///< what it might have open, before it raised that
  const std::chrono::milliseconds start_limit_;
  event_set& events_;
  news_list news_;
  cgroup_room room_;
  bool has_tried_room_ = false;
  bool trusts_room_ = true; ///< until somebody else has spoilt it
  disk_watch disks_;
  bool is_disk_low_ = false;
  std::map<pid_t, written_bytes> written_; ///< while a disk is low, at the last look
  growth_of_commands of_ended_;            ///< likewise, since then
  ready_paths ready_;
  std::map<std::string, bool> reachable_;        ///< by folder, as far as asked
  std::map<std::uint64_t, known_disk> disks_of_; ///< by device number, as far as asked
  std::map<command_number, command> commands_;
  process_ledger ledger_;
  double largest_share_ = 0; ///< of a bound, at the last look
  std::optional<clock::time_point> next_look_;
  clock::time_point alarmed_until_;    ///< the kernel may be about to kill for memory
  std::chrono::milliseconds pause_{0}; ///< between the last two looks
};

} // namespace troupe::net
