// Looks of the command keeper: what commands take, and what is left of them.
#include "net/guardian/command_keeper.hpp"
#include "net/guardian/proc_files.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <set>

#include <sys/statvfs.h>

namespace troupe::net {

namespace {

using namespace std::chrono_literals;

/// Most commands have ended by then.
constexpr std::chrono::milliseconds first_pause = 50ms;

/// While a command is being killed, or may have to be.
constexpr std::chrono::milliseconds killing_pause = 10ms;

/// The kernel tells that memory is short, says so at length on its console, and then kills.
constexpr std::chrono::milliseconds alarm_time = 1s;

// What they share counts once for each; only where that may matter is it worth a closer look.
std::uint64_t memory_of_all(const std::vector<pid_t>& processes, std::uint64_t bound) {
  memory_use sum;
  for (const auto pid : processes) {
    const auto used = memory_of(pid);
    sum.own += used.own;
    sum.shared += used.shared;
  }
  if (sum.shared == 0 || sum.own + sum.shared <= bound)
    return sum.own + sum.shared;
  for (const auto pid : processes)
    sum.own += part_of_shared_memory(pid);
  return sum.own;
}

} // namespace

int command_keeper::next_look(clock::time_point now) const {
  auto next = next_look_;
  for (const auto& [number, x] : commands_)
    if (x.start)
      next = next ? std::min(*next, x.start->deadline) : x.start->deadline;
  if (!next)
    return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - now);
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

void command_keeper::look_soon() {
  pause_ = first_pause;
  const auto at = clock::now() + pause_;
  next_look_ = next_look_ ? std::min(*next_look_, at) : at;
}

void command_keeper::on_memory_alarm() {
  room_.quiet_memory_alarm();
  const auto now = clock::now();
  if (now >= alarmed_until_) // else a look comes in a moment
    next_look_ = now;
  alarmed_until_ = now + alarm_time;
}

void command_keeper::look(clock::time_point now) {
  end_late_starts(now);
  if (!next_look_ || now < *next_look_)
    return;
  next_look_.reset();
  const auto low = low_disks();
  // The list of all processes costs milliseconds on a large machine; slots tell without it.
  const auto needs_table = [](const auto& x) { return x.second.is_ending || !x.second.slot; };
  const auto living = !low.empty() || std::ranges::any_of(commands_, needs_table)
                        ? processes()
                        : std::vector<owned_process>{};
  hold_bounds(living);
  hold_disks(low, living);
  forget_ended(living);
  const auto is_ending = [](const auto& x) { return x.second.is_ending; };
  const bool is_killing = std::ranges::any_of(commands_, is_ending);
  if (is_killing)
    kill_all([this](command_number x) {
      const auto found = commands_.find(x);
      return found != commands_.end() && found->second.is_ending;
    });
  next_look_.reset();
  if (commands_.empty())
    return;
  const auto cost = std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - now);
  const bool is_urgent = is_killing || now < alarmed_until_;
  pause_ = is_urgent ? killing_pause : next_pause(pause_, largest_share_, cost);
  next_look_ = clock::now() + pause_;
}

std::vector<owned_process> command_keeper::processes() {
  return ledger_.assign(read_process_table(), self_, owner_lookup());
}

process_ledger::lookup command_keeper::owner_lookup() const {
  std::map<pid_t, command_number> by_slot;
  for (const auto& [number, x] : commands_)
    if (x.slot)
      for (const auto pid : room_.members(*x.slot))
        by_slot[pid] = number;
  return [this, by_slot = std::move(by_slot)](pid_t pid) {
    const auto found = by_slot.find(pid);
    return found == by_slot.end() ? owner_by_mark(pid) : found->second;
  };
}

command_number command_keeper::owner_by_mark(pid_t pid) const {
  const auto text = variable_of(pid, mark_variable);
  command_number result = 0;
  if (text.starts_with(mark_))
    std::from_chars(text.data() + mark_.size(), text.data() + text.size(), result);
  return result;
}

// ---- bounds -------------------------------------------------------------------------------------

tree_usage command_keeper::usage_of(command_number number, const command& x,
                                    const std::vector<owned_process>& living) const {
  tree_usage result;
  if (x.slot) { // where the kernel bounds the memory
    result.processes = room_.thread_count(*x.slot);
    if (x.bounds.max_processes != 0 && result.processes > x.bounds.max_processes)
      result.processes = room_.members(*x.slot).size();
    return result;
  }
  std::vector<pid_t> members;
  for (const auto& [process, owner] : living) {
    if (owner != number || process.state == 'Z')
      continue;
    members.push_back(process.pid);
    result.threads += process.threads;
  }
  result.processes = members.size();
  if (x.bounds.max_memory_bytes != 0)
    result.memory_bytes = memory_of_all(members, x.bounds.max_memory_bytes);
  return result;
}

void command_keeper::hold_bounds(const std::vector<owned_process>& living) {
  largest_share_ = 0;
  for (auto& [number, x] : commands_) {
    if (x.is_ending || !x.bounds.is_bounded())
      continue;
    const auto used = usage_of(number, x, living);
    largest_share_ = std::max(largest_share_, share_of(used, x.bounds));
    auto verdict = verdict_on(used, x.bounds);
    if (verdict.empty() && x.slot)
      verdict = verdict_of_kernel(x);
    if (!verdict.empty())
      condemn(number, std::move(verdict));
  }
}

std::string command_keeper::verdict_of_kernel(const command& x) {
  if (room_.has_run_out_of_memory(*x.slot))
    return memory_verdict(x.bounds);
  if (room_.has_run_out_of_threads(*x.slot))
    return process_verdict(x.bounds);
  return {};
}

void command_keeper::condemn(command_number number, std::string verdict) {
  commands_.at(number).verdict = std::move(verdict);
  end(number);
}

// A shell may go on without the process that the kernel has killed, and even be content: a command
// that has exceeded a bound is ended, with what is left of it, and has not succeeded.
void command_keeper::judge_end(command_number number, child_news& news) {
  const auto& x = commands_.at(number);
  news.text = verdict_at_end(x, news);
  if (news.text.empty())
    return;
  if (news.what == child_news::kind::exited && news.number == 0) {
    news.what = child_news::kind::signalled;
    news.number = SIGKILL;
  }
  if (!x.is_ending)
    condemn(number, news.text);
}

// What has ended a leader may have been a bound that nobody has looked at since.
std::string command_keeper::verdict_at_end(const command& x, const child_news& news) {
  constexpr int shell_signal_base = 128; // a shell's exit code when a signal has ended its command
  if (!x.verdict.empty() || x.is_ending)
    return x.verdict;
  if (x.slot)
    if (auto verdict = verdict_of_kernel(x); !verdict.empty())
      return verdict;
  const bool is_signal = news.what == child_news::kind::signalled;
  if (x.bounds.max_file_bytes != 0 &&
      news.number == (is_signal ? SIGXFSZ : shell_signal_base + SIGXFSZ))
    return file_verdict(x.bounds);
  return {};
}

std::map<std::uint64_t, command_keeper::low_disk> command_keeper::low_disks() {
  std::map<std::uint64_t, low_disk> result;
  for (const auto& [device, disk] : disks_of_) {
    struct statvfs space {};
    if (!disk.folder || ::fstatvfs(disk.folder.get(), &space) != 0)
      continue;
    const disk_state state{.total_bytes = space.f_blocks * space.f_frsize,
                           .free_bytes = space.f_bavail * space.f_frsize};
    if (disk_watch::is_low(state))
      result.try_emplace(device, low_disk{disk.kind, state});
    else
      disks_.forget(device);
  }
  return result;
}

void command_keeper::growth_of_commands::add(command_number owner, const written_amount& now,
                                             const written_amount& before) {
  const auto grown = [](std::uint64_t x, std::uint64_t since) { return x - std::min(x, since); };
  to_disks[owner] += grown(now.to_disks, before.to_disks);
  anywhere[owner] += grown(now.anywhere, before.anywhere);
}

written_amount command_keeper::written_before(const process_facts& x) const {
  const auto found = written_.find(x.pid);
  const bool is_known = found != written_.end() && found->second.start_time == x.start_time;
  return is_known ? found->second.written : written_amount{};
}

void command_keeper::note_last_writes(pid_t pid) {
  const auto process = read_process(pid);
  const auto nobody = [](pid_t) { return command_number{0}; }; // no group or mark is left of it
  if (const auto owner = process ? ledger_.see(*process, self_, nobody) : std::nullopt)
    of_ended_.add(*owner, written_by(pid), written_before(*process));
}

command_keeper::growth_of_commands
command_keeper::take_growth(const std::vector<owned_process>& living) {
  auto result = std::exchange(of_ended_, {});
  std::map<pid_t, written_bytes> now;
  for (const auto& [process, owner] : living) {
    const auto written = written_by(process.pid);
    result.add(owner, written, written_before(process));
    now[process.pid] = {process.start_time, written};
  }
  written_ = std::move(now);
  return result;
}

void command_keeper::hold_disks(const std::map<std::uint64_t, low_disk>& low,
                                const std::vector<owned_process>& living) {
  is_disk_low_ = !low.empty();
  if (low.empty()) {
    written_.clear();
    of_ended_ = {};
    return;
  }
  const auto growth = take_growth(living);
  for (const auto& [device, disk] : low) {
    const bool is_counted = disk.kind == writable_folder::disk::counted;
    const auto culprit =
      disks_.look(device, disk.state, is_counted ? growth.to_disks : growth.anywhere);
    const auto found = culprit ? commands_.find(*culprit) : commands_.end();
    if (found != commands_.end() && !found->second.is_ending)
      condemn(*culprit,
              disk_verdict(name_of(device, found->second), disk_floor(disk.state.total_bytes)));
  }
  largest_share_ = 1; // look again soon
}

std::string command_keeper::name_of(std::uint64_t device, const command& x) {
  const auto found = std::ranges::find(x.folders, device, &written_folder::device);
  return found != x.folders.end() ? found->name : "other commands";
}

void command_keeper::forget_ended(const std::vector<owned_process>& living) {
  std::set<command_number> present;
  for (const auto& x : living)
    present.insert(x.owner);
  std::vector<command_number> over;
  for (auto& [number, x] : commands_) {
    const bool has_any =
      x.leader != 0 || present.contains(number) || (x.slot && !room_.members(*x.slot).empty());
    x.is_ending = x.is_ending && has_any;
    if (!has_any && x.is_released)
      over.push_back(number);
  }
  for (const auto number : over)
    forget(number);
}

} // namespace troupe::net
