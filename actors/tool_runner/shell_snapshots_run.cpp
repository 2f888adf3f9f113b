#include "actors/tool_runner/shell_snapshots_run.hpp"

#include "actors/tool_runner/child_run.hpp"
#include "actors/tool_runner/login_command.hpp"
#include "actors/tool_runner/snapshot_notice.hpp"
#include "actors/tool_runner/tool_environment.hpp"
#include "config/log_notices.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <system_error>
#include <utility>

namespace troupe::tool_runner {

namespace {

std::string home_of(const config::variables& start) {
  const auto found = start.find("HOME");
  return found == start.end() || !found->second.starts_with('/') ? "" : found->second;
}

} // namespace

void shell_snapshots::find(std::shared_ptr<const run_context> context, std::string shell,
                           config::variables start, std::function<void(answer)> then) {
  auto wanted = std::make_shared<entry>();
  wanted->shell = std::move(shell);
  wanted->start = std::move(start);
  const auto& of = *context;
  const auto waiting = std::make_shared<std::function<void(answer)>>(std::move(then));
  auto silence = of.io.after(limits_.looking, [waiting] {
    if (const auto tell = std::exchange(*waiting, nullptr))
      tell(nullptr);
  });
  run_blocking(
    of, [home = home_of(wanted->start)] { return profile_stamps(home); },
    [self = shared_from_this(), context = std::move(context), wanted, waiting,
     silence = std::move(silence)](std::vector<file_stamp> stamps) mutable {
      silence.cancel();
      if (!*waiting)
        return;
      wanted->stamps = std::move(stamps);
      self->on_stamps(context, std::move(wanted), std::exchange(*waiting, nullptr));
    });
}

void shell_snapshots::on_stamps(const std::shared_ptr<const run_context>& context,
                                std::shared_ptr<entry> wanted, std::function<void(answer)> then) {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const auto& x) {
    return x->shell == wanted->shell && x->start == wanted->start;
  });
  if (found != entries_.end()) {
    entries_.splice(entries_.begin(), entries_, found);
    const auto& known = entries_.front();
    if (known->is_making && known->stamps == wanted->stamps) {
      known->waiting.push_back(std::move(then));
      return;
    }
    if (!known->is_making && is_fresh(*known, *wanted))
      return then(known->snapshot);
    // One that is still made of an older profile answers those who wait for it, nobody else.
    entries_.pop_front();
  }
  wanted->waiting.push_back(std::move(then));
  entries_.push_front(wanted);
  keep_bound();
  make(context, wanted);
}

bool shell_snapshots::is_fresh(const entry& x, const entry& wanted) const {
  const auto limit = x.snapshot ? limits_.max_age : limits_.retry_delay;
  return x.stamps == wanted.stamps && clock::now() - x.made < limit;
}

void shell_snapshots::make(const std::shared_ptr<const run_context>& context,
                           const std::shared_ptr<entry>& of) {
  of->is_making = true;
  const auto home = home_of(of->start);
  child_order order{.thread = {},
                    .argv = snapshot_argv(of->shell),
                    .cwd = home.empty() ? "/" : home,
                    .environment = as_entries(of->start),
                    .where = attempt::sandboxed,
                    .policy = {}, // read-only, no network
                    .policy_cwd = "/",
                    .roots = {},
                    .tty = terminal_wish::none,
                    .input = {},
                    .timeout = limits_.making};
  child_listener listener;
  listener.on_start = [] {};
  listener.on_output = [of](output_stream stream, std::string_view bytes) {
    const auto room = shell_snapshot::max_dump_bytes + 1 - of->dump.size();
    if (stream == output_stream::standard_output)
      of->dump.append(bytes.substr(0, room));
  };
  listener.on_end = [self = shared_from_this(), of, &io = context->io](const child_end& x) {
    self->on_end(io, of, x);
  };
  of->child = child_run::start(context, std::move(order), std::move(listener));
}

void shell_snapshots::on_end(net::io_pool& io, const std::shared_ptr<entry>& of,
                             const child_end& end) {
  of->child = nullptr;
  of->is_making = false;
  of->made = clock::now();
  const auto dump = std::exchange(of->dump, {});
  if (end.how == child_end::kind::exited && end.number == 0)
    if (auto found = read_snapshot(dump, of->start))
      of->snapshot = std::make_shared<const shell_snapshot>(std::move(*found));
  if (dump.size() > shell_snapshot::max_dump_bytes)
    tell("the profile of " + of->shell +
         " leaves more functions and variables than can be kept: every command reads it again "
         "(docs/tools.md)");
  else if (!of->snapshot)
    tell_failure(io, snapshot_notice(of->shell, end, limits_.making), end);
  for (const auto& then : std::exchange(of->waiting, {}))
    then(of->snapshot);
}

/// A program that ends kills its children first: the profile is not to blame for that. Nothing that
/// is put off is done any more then.
void shell_snapshots::tell_failure(net::io_pool& io, std::string notice, const child_end& end) {
  constexpr std::chrono::milliseconds end_of_program{200};
  constexpr int shell_signal_base = 128;
  const auto was_killed =
    (end.how == child_end::kind::signalled && end.number == SIGKILL) ||
    (end.how == child_end::kind::exited && end.number == shell_signal_base + SIGKILL);
  if (!was_killed)
    return tell(notice);
  io.after(end_of_program,
           [self = shared_from_this(), notice = std::move(notice)] { self->tell(notice); });
}

void shell_snapshots::tell(const std::string& notice) {
  constexpr std::size_t max_told = 16;
  if (!notice.empty() && told_.size() < max_told && told_.insert(notice).second)
    log::warn_user(notice);
}

void shell_snapshots::keep_bound() {
  for (auto last = entries_.end(); entries_.size() > limits_.kept && last != entries_.begin();) {
    --last;
    if (!(*last)->is_making)
      last = entries_.erase(last);
  }
}

} // namespace troupe::tool_runner
