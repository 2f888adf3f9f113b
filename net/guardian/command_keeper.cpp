#include "net/guardian/command_keeper.hpp"

#include "net/guardian/proc_files.hpp"
#include "net/guardian/tree_end.hpp"
#include "net/limits.hpp"

#include <algorithm>
#include <csignal>
#include <string_view>

#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

namespace troupe::net {

namespace {

using namespace std::chrono_literals;

/// What was killed is gone a moment later.
constexpr std::chrono::milliseconds death_pause = 10ms;

/// Added to ours where no cgroup weighs commands: a third of the node's share.
constexpr int tool_niceness = 5;

/// Where it was possible to raise our own priority: a tree that keeps all cores busy must not keep
/// us from ending it.
constexpr int guardian_niceness = -10;

int raise_priority() {
  const int before = ::getpriority(PRIO_PROCESS, 0);
  ::setpriority(PRIO_PROCESS, 0, std::min(before, guardian_niceness));
  return before;
}

std::vector<std::string> writable_folders(const spawn_plan& plan) {
  constexpr std::string_view temporary = "TMPDIR=/";
  std::vector<std::string> result{plan.cwd, "/tmp"};
  for (const auto& entry : plan.environment)
    if (entry.starts_with(temporary))
      result.push_back(entry.substr(temporary.size() - 1));
  return result;
}

std::string mark_of_this_process() {
  const auto self = read_process(::getpid());
  return std::to_string(::getpid()) + "-" + std::to_string(self ? self->start_time : 0) + "-";
}

child_news news_of_end(const siginfo_t& info) {
  child_news result;
  result.what = info.si_code == CLD_EXITED ? child_news::kind::exited : child_news::kind::signalled;
  result.number = info.si_status;
  return result;
}

bool has_children() {
  siginfo_t ignored{};
  return ::waitid(P_ALL, 0, &ignored, WEXITED | WNOHANG | WNOWAIT) == 0;
}

} // namespace

command_keeper::command_keeper(cgroup_use use)
  : self_(::getpid()), mark_(mark_of_this_process()), niceness_(raise_priority()),
    has_tried_room_(use == cgroup_use::never) {}

// ---- start --------------------------------------------------------------------------------------

child_news command_keeper::start(command_number number, received_plan received) {
  command started;
  started.bounds = received.bounds;
  for (auto& folder : writable_folders(received.plan))
    if (is_local(folder))
      started.folders.push_back(std::move(folder));
  const auto mark = std::string{mark_variable} + "=";
  std::erase_if(received.plan.environment, // one that a command has handed on
                [&](const std::string& x) { return x.starts_with(mark); });
  received.plan.environment.push_back(mark + mark_ + std::to_string(number));
  auto child = spawn(started, received.plan);
  child_news news;
  if (child.pid < 0) {
    if (started.slot)
      room_.give_back(std::move(*started.slot));
    news.number = child.error;
    news.text = std::move(child.detail);
    return news;
  }
  started.leader = child.pid;
  news.what = child_news::kind::started;
  news.number = child.pid;
  if (started.slot) {
    news.bounds = child_news::hold::cgroup;
  } else if (started.bounds.is_bounded()) {
    news.bounds = child_news::hold::watched;
    news.text = room_.problem();
  }
  ledger_.add(number, child.pid);
  commands_.emplace(number, std::move(started));
  look_soon();
  return news;
}

spawn_result command_keeper::spawn(command& x, const spawn_plan& plan) {
  if (wants_slot(x.bounds)) {
    x.slot = room_.take(x.bounds);
    trusts_room_ = x.slot.has_value();
  }
  spawn_terms terms{.death_signal = SIGKILL,
                    .cgroups = {},
                    .max_file_bytes = x.bounds.max_file_bytes,
                    .niceness = niceness_};
  if (x.slot)
    terms.cgroups = room_.entries(*x.slot);
  if (!x.slot || !room_.weighs_cpu())
    terms.niceness = niceness_ + tool_niceness;
  auto result = spawn_child(plan, terms);
  if (!result.is_refused_by_cgroup)
    return result;
  // The group was removed or changed by somebody else: from now on the bounds are watched.
  trusts_room_ = false;
  x.slot.reset();
  terms.cgroups.clear();
  terms.niceness = niceness_ + tool_niceness;
  return spawn_child(plan, terms);
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
  }
  return room_.is_open() && trusts_room_;
}

// ---- orders -------------------------------------------------------------------------------------

void command_keeper::signal(command_number number, int signal) {
  const auto found = commands_.find(number);
  if (found == commands_.end())
    return;
  if (signal == SIGKILL && (found->second.leader != 0 || !is_left_alone(number)))
    end(number);
  else if (signal != SIGKILL && found->second.leader != 0)
    ::kill(-found->second.leader, signal); // its number is its own until it has been reaped
}

void command_keeper::release(command_number number) {
  const auto found = commands_.find(number);
  if (found == commands_.end())
    return;
  found->second.is_released = true;
  if (found->second.leader != 0)
    end(number);
  else if (is_left_alone(number))
    return forget(number);
  look_soon();
}

// The usual case, told cheaply: with a slot that is empty, or without any child of any command.
bool command_keeper::is_left_alone(command_number number) const {
  const auto& x = commands_.at(number);
  return x.slot ? room_.members(*x.slot).empty() : !has_children();
}

void command_keeper::forget(command_number number) {
  auto& x = commands_.at(number);
  if (x.slot)
    room_.give_back(std::move(*x.slot));
  ledger_.remove(number);
  commands_.erase(number);
  if (commands_.empty()) { // what disks do until the next one comes is nobody's
    next_look_.reset();
    disks_ = {};
    written_.clear();
  }
}

std::vector<std::pair<command_number, child_news>> command_keeper::reap() {
  std::vector<std::pair<command_number, child_news>> result;
  siginfo_t info{};
  while (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG) == 0 && info.si_pid != 0) {
    const auto found =
      std::ranges::find(commands_, info.si_pid, [](const auto& x) { return x.second.leader; });
    if (found != commands_.end()) {
      found->second.leader = 0;
      auto news = news_of_end(info);
      news.text = verdict_at_end(found->second, news);
      result.emplace_back(found->first, std::move(news));
    }
    info = {};
  }
  return result;
}

// ---- ending -------------------------------------------------------------------------------------

void command_keeper::end(command_number number) {
  auto& x = commands_.at(number);
  x.is_ending = true;
  if (x.slot)
    room_.stop_forks(*x.slot);
  next_look_ = clock::now(); // many may be ended at once, as at the end of a node: one look for all
}

void command_keeper::kill_all(const owner_filter& wanted) {
  end_processes(ledger_, self_, owner_lookup(), wanted);
}

void command_keeper::end_all(int deaths) {
  const auto limit = clock::now() + guardian_end_limit;
  for (const auto& [number, x] : commands_)
    if (x.slot)
      room_.stop_forks(*x.slot);
  while (clock::now() < limit) {
    reap();
    if (!has_children())
      break;
    kill_all([](command_number) { return true; });
    reap();
    pollfd next{.fd = deaths, .events = POLLIN, .revents = 0};
    ::poll(&next, 1, static_cast<int>(death_pause.count()));
    signalfd_siginfo ignored;
    while (::read(deaths, &ignored, sizeof(ignored)) > 0)
      ;
  }
  room_.close();
}

} // namespace troupe::net
