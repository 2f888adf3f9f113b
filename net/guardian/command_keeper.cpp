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

/// Of a child that hangs on its way to its program.
constexpr std::chrono::milliseconds kill_limit = 1s;
constexpr std::size_t most_held_signals = 64;

/// Where it was possible to raise our own priority: a tree that keeps all cores busy must not keep
/// us from ending it.
constexpr int guardian_niceness = -10;

int raise_priority() {
  const int before = ::getpriority(PRIO_PROCESS, 0);
  ::setpriority(PRIO_PROCESS, 0, std::min(before, guardian_niceness));
  return before;
}

std::uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return 0;
  const auto before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return before;
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

command_keeper::command_keeper(const guardian_terms& terms, event_set& events)
  : self_(::getpid()), mark_(mark_of_this_process()), niceness_(raise_priority()),
    open_descriptors_(raise_descriptor_limit()), start_limit_(terms.start_limit), events_(events),
    has_tried_room_(terms.cgroups == cgroup_use::never) {}

// ---- orders -------------------------------------------------------------------------------------

void command_keeper::signal(command_number number, int signal) {
  const auto found = commands_.find(number);
  if (found == commands_.end())
    return;
  auto& x = found->second;
  if (signal == SIGKILL && (x.leader != 0 || !is_left_alone(number)))
    end(number);
  else if (signal != SIGKILL && x.start && x.start->held_signals.size() < most_held_signals)
    x.start->held_signals.push_back(signal);
  else if (signal != SIGKILL && !x.start && x.leader != 0)
    ::kill(-x.leader, signal); // its number is its own until it has been reaped
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
  forget_disks();
  if (commands_.empty()) { // what disks do until the next one comes is nobody's
    next_look_.reset();
    disks_ = {};
    written_.clear();
    of_ended_ = {};
    is_disk_low_ = false;
  }
}

void command_keeper::reap() {
  siginfo_t info{};
  while (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) {
    if (is_disk_low_)
      note_last_writes(info.si_pid);
    ::waitid(P_PID, static_cast<id_t>(info.si_pid), nullptr, WEXITED | WNOHANG);
    const auto found =
      std::ranges::find(commands_, info.si_pid, [](const auto& x) { return x.second.leader; });
    if (found != commands_.end())
      on_leader_end(found->first, news_of_end(info));
    info = {};
  }
}

void command_keeper::on_leader_end(command_number number, child_news news) {
  const auto pid = commands_.at(number).leader;
  on_report(number); // which may be about this end, and unread
  auto& x = commands_.at(number);
  if (x.leader != pid)
    return; // another one has been begun in its place
  x.leader = 0;
  if (!x.is_refused) {
    judge_end(number, news);
    news_.emplace_back(number, std::move(news));
  } else if (is_left_alone(number)) {
    forget(number);
  }
}

// ---- ending -------------------------------------------------------------------------------------

void command_keeper::end(command_number number) {
  auto& x = commands_.at(number);
  x.is_ending = true;
  if (x.start) // one that cannot even be killed is not waited for
    x.start->deadline = std::min(x.start->deadline, clock::now() + kill_limit);
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
