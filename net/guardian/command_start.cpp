// Starts of the command keeper: from a request to a program that runs, without waiting for it.
#include "net/guardian/command_keeper.hpp"
#include "net/guardian/proc_files.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace troupe::net {

namespace {

/// Added to ours where no cgroup weighs commands: a third of the node's share.
constexpr int tool_niceness = 5;

constexpr std::size_t most_known_folders = 64;

// Somebody might want to unmount it.
void leave_folder() {
  [[maybe_unused]] const int done = ::chdir("/");
}

std::string read_mounts() {
  constexpr std::size_t longest_table = 1024 * 1024;
  return read_proc_file("/proc/self/mountinfo", longest_table);
}

std::string seconds_text(std::chrono::milliseconds x) {
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(x).count()) + " s";
}

writable_folder::disk kind_of_disk(std::uint64_t device) {
  const auto type = file_system_of(read_mounts(), major(device), minor(device));
  if (!is_local_file_system(type))
    return writable_folder::disk::foreign;
  return counts_writes(type) ? writable_folder::disk::counted : writable_folder::disk::uncounted;
}

} // namespace

void command_keeper::start(command_number number, received_plan received,
                           std::vector<unique_fd> descriptors) {
  auto& x = commands_[number];
  x.bounds = received.bounds;
  const auto mark = std::string{mark_variable} + "=";
  std::erase_if(received.plan.environment, // one that a command has handed on
                [&](const std::string& entry) { return entry.starts_with(mark); });
  received.plan.environment.push_back(mark + mark_ + std::to_string(number));
  auto& start = x.start.emplace();
  start.folders = folders_of(received.plan);
  start.received = std::move(received);
  start.descriptors = std::move(descriptors);
  start.deadline = clock::now() + start_limit_;
  if (wants_slot(x.bounds)) {
    x.slot = room_.take(x.bounds);
    trusts_room_ = x.slot.has_value();
  }
  if (const int error = begin(number, x); error != 0)
    refuse_at(birth_stage::starting, number, error);
}

spawn_terms command_keeper::terms_of(command& x) {
  spawn_terms result{.death_signal = SIGKILL,
                     .cgroups = {},
                     .max_file_bytes = x.bounds.max_file_bytes,
                     .open_descriptors = open_descriptors_,
                     .niceness = niceness_};
  if (x.slot)
    result.cgroups = room_.entries(*x.slot);
  if (!x.slot || !room_.weighs_cpu())
    result.niceness = niceness_ + tool_niceness;
  return result;
}

int command_keeper::begin(command_number number, command& x) {
  if (begin_at_once(number, x))
    return 0;
  const auto folders = x.start->folders;
  auto child = begin_child(x.start->received.plan, terms_of(x),
                           [this, &folders] { return look_at(open_all(folders)); });
  if (child.pid < 0)
    return child.error;
  x.leader = child.pid;
  x.start->report = std::move(child.report);
  events_.add(x.start->report.get(), event_set::kind::report, number);
  ledger_.add(number, child.pid);
  look_soon();
  return 0;
}

// A tenth of the cost of a child with a copy of our memory. False: it might make us wait.
bool command_keeper::begin_at_once(command_number number, command& x) {
  const auto& plan = x.start->received.plan;
  const auto program = is_sound(plan) ? ready_.program(plan.argv.front()) : unique_fd{};
  std::vector<unique_fd> folders;
  for (const auto& name : x.start->folders)
    folders.push_back(program ? ready_.folder(name) : unique_fd{});
  if (!std::ranges::all_of(folders, [](const auto& each) { return static_cast<bool>(each); }) ||
      ::fchdir(folders.front().get()) != 0)
    return false;
  const auto terms = terms_of(x);
  child_preparation child{plan, terms, self_};
  child.task.cwd = nullptr; // it is born there
  child.find_program();
  const auto born = bear_child(child.task);
  leave_folder();
  if (born.pid < 0) {
    if (child.task.reached == birth_stage::bounds && x.slot) {
      distrust_room(x);
      return begin_at_once(number, x);
    }
    refuse_at(child.task.reached, number, born.error);
    return true;
  }
  x.leader = born.pid;
  note_folders(x, look_at(std::move(folders)));
  ledger_.add(number, born.pid);
  look_soon();
  confirm(number);
  return true;
}

// The group was removed or changed by somebody else: from now on the bounds are watched.
void command_keeper::distrust_room(command& x) {
  trusts_room_ = false;
  x.slot.reset();
}

void command_keeper::on_report(command_number number) {
  for (;;) {
    const auto found = commands_.find(number);
    if (found == commands_.end() || !found->second.start)
      return;
    auto& x = found->second;
    auto report = read_report(x.start->report.get());
    switch (report.what) {
    case start_report::kind::none: return;
    case start_report::kind::over: return confirm(number);
    case start_report::kind::entered:
      x.start->has_entered = true;
      note_folders(x, std::move(report.folders));
      continue;
    case start_report::kind::failed: break;
    }
    if (report.reached != birth_stage::bounds || !x.slot)
      return refuse_at(report.reached, number, report.error);
    distrust_room(x);
    events_.remove(x.start->report.get());
    if (const int error = begin(number, x); error != 0)
      return refuse_at(birth_stage::starting, number, error);
  }
}

void command_keeper::confirm(command_number number) {
  auto& x = commands_.at(number);
  if (x.start->report)
    events_.remove(x.start->report.get());
  const auto start = std::exchange(x.start, std::nullopt);
  child_news news;
  news.what = child_news::kind::started;
  news.number = x.leader;
  if (x.slot) {
    news.bounds = child_news::hold::cgroup;
  } else if (x.bounds.is_bounded()) {
    news.bounds = child_news::hold::watched;
    news.text = room_.is_open() && room_.problem().empty()
                  ? "somebody has removed or changed that of this program"
                  : room_.problem();
  }
  news_.emplace_back(number, std::move(news));
  for (const int each : start->held_signals)
    signal(number, each);
}

void command_keeper::refuse_at(birth_stage stage, command_number number, int error) {
  const auto& plan = commands_.at(number).start->received.plan;
  refuse(number, error, what_failed(stage, plan) + ": " + std::strerror(error));
}

void command_keeper::refuse(command_number number, int error, std::string text) {
  auto& x = commands_.at(number);
  child_news news;
  news.number = error;
  news.text = std::move(text);
  news_.emplace_back(number, std::move(news));
  if (x.start->report)
    events_.remove(x.start->report.get());
  x.start.reset();
  x.is_refused = true;
  x.is_released = true;
  if (x.leader == 0)
    forget(number);
}

void command_keeper::end_late_starts(clock::time_point now) {
  for (auto& [number, x] : commands_) {
    if (!x.start || now < x.start->deadline)
      continue;
    const bool is_cancelled = x.is_ending;
    const auto stage = x.start->has_entered ? birth_stage::program : birth_stage::directory;
    const auto what = what_failed(stage, x.start->received.plan);
    end(number);
    if (is_cancelled)
      refuse(number, ECANCELED, what + ": it was cancelled");
    else
      refuse(number, ETIMEDOUT,
             what + ": no answer from its disk within " + seconds_text(start_limit_));
  }
}

// ---- folders ------------------------------------------------------------------------------------

std::vector<std::string> command_keeper::folders_of(const spawn_plan& plan) {
  constexpr std::string_view temporary = "TMPDIR=/";
  std::vector<std::string> result{plan.cwd};
  const auto add = [&](std::string folder) {
    if (is_reachable(folder))
      result.push_back(std::move(folder));
  };
  add("/tmp");
  for (const auto& entry : plan.environment)
    if (entry.starts_with(temporary) && result.size() < 3)
      add(entry.substr(temporary.size() - 1));
  return result;
}

bool command_keeper::is_reachable(const std::string& folder) {
  if (reachable_.size() > most_known_folders)
    reachable_.clear();
  const auto [known, is_new] = reachable_.try_emplace(folder, false);
  if (is_new)
    known->second = is_local_file_system(file_system_below(read_mounts(), folder));
  return known->second;
}

std::vector<unique_fd> command_keeper::open_all(const std::vector<std::string>& folders) {
  std::vector<unique_fd> result;
  for (std::size_t i = 0; i < folders.size(); ++i)
    result.emplace_back( // the first one has been entered
      ::open(i == 0 ? "." : folders[i].c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  return result;
}

std::vector<writable_folder> command_keeper::look_at(std::vector<unique_fd> folders) const {
  std::vector<writable_folder> result;
  for (std::size_t i = 0; i < folders.size(); ++i) {
    writable_folder x;
    x.number = static_cast<std::uint8_t>(i);
    x.folder = std::move(folders[i]);
    struct stat place {};
    if (!x.folder || ::fstat(x.folder.get(), &place) != 0)
      continue;
    x.device = place.st_dev;
    const auto known = disks_of_.find(x.device);
    x.kind = known != disks_of_.end() ? known->second.kind : kind_of_disk(x.device);
    if (x.kind == writable_folder::disk::foreign ||
        (known != disks_of_.end() && known->second.folder))
      x.folder.reset();
    result.push_back(std::move(x));
  }
  return result;
}

void command_keeper::note_folders(command& x, std::vector<writable_folder> seen) {
  for (auto& each : seen) {
    auto& disk = disks_of_[each.device];
    disk.kind = each.kind;
    if (!disk.folder)
      disk.folder = std::move(each.folder);
    const bool is_new =
      std::ranges::find(x.folders, each.device, &written_folder::device) == x.folders.end();
    if (each.kind != writable_folder::disk::foreign && is_new &&
        each.number < x.start->folders.size())
      x.folders.push_back({each.device, x.start->folders[each.number]});
  }
}

// A disk is held only as long as a command may write to it: nobody could unmount it.
void command_keeper::forget_disks() {
  for (auto& [device, disk] : disks_of_) {
    const auto writes = [device = device](const auto& x) {
      return std::ranges::find(x.second.folders, device, &written_folder::device) !=
             x.second.folders.end();
    };
    if (disk.folder && std::ranges::none_of(commands_, writes))
      disk.folder.reset();
  }
}

bool command_keeper::wants_slot(const process_bounds& bounds) {
  if (!bounds.is_bounded())
    return false;
  if (!std::exchange(has_tried_room_, true)) {
    struct stat name_space {};
    ::stat("/proc/self/ns/pid", &name_space);
    const auto self = read_process(self_);
    room_.open({.pid_namespace = name_space.st_ino,
                .pid = self_,
                .start_time = self ? self->start_time : 0});
    if (room_.memory_alarm() >= 0)
      events_.add(room_.memory_alarm(), event_set::kind::memory);
  }
  return room_.is_open() && trusts_room_;
}

} // namespace troupe::net
