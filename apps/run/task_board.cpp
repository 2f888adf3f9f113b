#include "apps/run/task_board.hpp"

#include "actors/rollout_recorder/timestamps.hpp"
#include "apps/run/concurrency.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace troupe::run {

task_board::task_board(const std::vector<task>& tasks, run_plan plan, board_limits limits)
  : tasks_(tasks), limits_(limits), todo_(plan.todo.begin(), plan.todo.end()) {
  counts_.total = plan.kept.size() + plan.todo.size();
  counts_.kept = plan.kept.size();
}

steps task_board::start(const board_time&) {
  steps out;
  fill(out);
  return out;
}

void task_board::fill(steps& out) {
  while (!stopping_ && !todo_.empty() && slots_.size() < limits_.concurrency) {
    const auto plan = todo_.front();
    todo_.pop_front();
    slots_[plan.index].plan = plan;
    out.emplace_back(prepare_step{plan});
  }
}

steps task_board::on_prepared(std::size_t index, std::string workspace, const board_time&) {
  steps out;
  const auto known = slots_.find(index);
  if (known == slots_.end() || known->second.phase != phase::preparing)
    return out;
  auto& x = known->second;
  x.phase = phase::starting;
  x.workspace = std::move(workspace);
  out.emplace_back(start_step{index});
  return out;
}

steps task_board::on_started(std::size_t index, const session_configured& session,
                             const board_time& now) {
  steps out;
  const auto known = slots_.find(index);
  if (known == slots_.end() || known->second.phase != phase::starting) {
    out.emplace_back(remove_step{session.session_id});
    return out;
  }
  auto& x = known->second;
  x.thread = session.session_id;
  x.session = session;
  x.started = now;
  threads_[x.thread] = index;
  if (stopping_) { // it has done nothing yet: nothing to report
    x.phase = phase::ending;
    out.emplace_back(remove_step{x.thread});
    return out;
  }
  x.phase = phase::running;
  out.emplace_back(submit_step{index, x.thread});
  return out;
}

steps task_board::on_failed(std::size_t index, std::string_view error, const board_time& now) {
  steps out;
  const auto known = slots_.find(index);
  if (known == slots_.end() || known->second.phase == phase::running ||
      known->second.phase == phase::ending)
    return out;
  auto x = std::move(known->second);
  slots_.erase(known);
  if (may_run_again(x, error)) {
    put_back(x.plan);
    fill(out);
    return out;
  }
  x.started = now;
  x.outcome.fail(std::string{error});
  auto record = record_of(x, now);
  count(record);
  out.emplace_back(record_step{std::move(record)});
  fill(out);
  return out;
}

steps task_board::on_event(const thread_id& thread, const event_msg& event, const board_time& now) {
  steps out;
  auto* x = running_slot(thread);
  if (x == nullptr)
    return out;
  x->outcome.on(event);
  if (x->outcome.is_over())
    finish(*x, now, out);
  return out;
}

steps task_board::on_lost(const thread_id& thread, std::string_view error, const board_time& now) {
  steps out;
  auto* x = running_slot(thread);
  if (x == nullptr)
    return out;
  x->outcome.fail(std::string{error});
  finish(*x, now, out);
  return out;
}

void task_board::on_refused(const thread_id& thread) {
  if (auto* x = running_slot(thread))
    ++x->refused;
}

steps task_board::on_removed(const thread_id& thread, const board_time&) {
  steps out;
  const auto known = threads_.find(thread);
  if (known == threads_.end())
    return out;
  const auto gone = slots_.extract(known->second);
  threads_.erase(known);
  if (gone.mapped().runs_again)
    put_back(gone.mapped().plan);
  fill(out);
  return out;
}

steps task_board::on_tick(const board_time& now) {
  steps out;
  for (auto& [index, x] : slots_) {
    if (x.phase != phase::running)
      continue;
    if (x.give_up && now.steady >= *x.give_up) {
      x.outcome.on(turn_aborted{}); // it does not answer any more; its thread is removed below
      finish(x, now, out);
    } else if (!x.give_up && limits_.task_timeout &&
               now.steady - x.started.steady >= *limits_.task_timeout) {
      x.timed_out = true;
      interrupt(x, now, out);
    }
  }
  return out;
}

steps task_board::stop(const board_time& now) {
  steps out;
  stopping_ = true;
  for (auto& [index, x] : slots_)
    if (x.phase == phase::running && !x.give_up)
      interrupt(x, now, out);
  // Never started: nothing to report, and nothing to wait for.
  std::erase_if(slots_, [](const auto& x) { return x.second.phase == phase::preparing; });
  return out;
}

void task_board::interrupt(slot& x, const board_time& now, steps& out) const {
  x.give_up = now.steady + limits_.interrupt_grace;
  out.emplace_back(interrupt_step{x.thread});
}

/// The slot stays taken until the thread is gone, so that `concurrency` bounds what is alive.
void task_board::finish(slot& x, const board_time& now, steps& out) {
  x.phase = phase::ending;
  x.runs_again = may_run_again(x, x.outcome.error());
  if (x.runs_again) {
    out.emplace_back(remove_step{x.thread});
    return;
  }
  auto record = record_of(x, now);
  count(record);
  out.emplace_back(record_step{std::move(record)});
  out.emplace_back(remove_step{x.thread});
}

/// A turn that has begun in a folder that is not its own may have left something there.
bool task_board::may_run_again(const slot& x, std::string_view error) const {
  const bool is_repeatable = x.phase != phase::ending || tasks_[x.plan.index].has_own_workspace();
  return is_repeatable && limits_.concurrency > 1 && is_out_of_descriptors(error);
}

/// To the front, beside as many tasks as found descriptors enough.
void task_board::put_back(const planned_task& x) {
  limits_.concurrency = std::max<std::size_t>(1, std::min(limits_.concurrency - 1, slots_.size()));
  todo_.push_front(x);
}

void task_board::count(const result_record& x) {
  counts_.tokens += x.usage.input_tokens + x.usage.output_tokens;
  switch (x.status) {
  case task_status::completed: ++counts_.completed; break;
  case task_status::failed: ++counts_.failed; break;
  case task_status::interrupted: ++counts_.interrupted; break;
  }
}

result_record task_board::record_of(const slot& x, const board_time& now) const {
  const auto& its_task = tasks_[x.plan.index];
  const bool has_thread = x.thread != thread_id{};
  result_record out;
  out.id = its_task.id;
  out.attempt = x.plan.attempt;
  out.final_message = x.outcome.final_message();
  out.usage = x.outcome.usage();
  out.refused = x.refused;
  out.duration =
    std::chrono::duration_cast<std::chrono::milliseconds>(now.steady - x.started.steady);
  out.model = has_thread ? x.session.model : its_task.model.value_or("");
  out.tags = its_task.tags;
  out.thread_id = has_thread ? to_string(x.thread) : "";
  out.rollout_path = x.session.rollout_path;
  out.workspace = x.workspace;
  out.started_at = rollout_recorder::line_time_text(x.started.wall);
  out.fingerprint = fingerprint(its_task);
  out.error = error_of(x);
  // A turn that was interrupted because of its time limit has failed: it would again.
  const bool interrupted = x.outcome.status() == common::turn_status::interrupted && !x.timed_out;
  out.status = out.error.empty() ? task_status::completed : task_status::failed;
  if (interrupted)
    out.status = task_status::interrupted;
  return out;
}

std::string task_board::error_of(const slot& x) const {
  switch (x.outcome.status()) {
  case common::turn_status::failed:
    return x.outcome.error().empty() ? "the turn failed" : x.outcome.error();
  case common::turn_status::interrupted:
    return x.timed_out ? fmt::format("timed out after {} s", limits_.task_timeout->count())
                       : "interrupted";
  case common::turn_status::completed:
  case common::turn_status::running: return {};
  }
  return {};
}

const task_board::slot* task_board::running_slot(const thread_id& thread) const {
  const auto known = threads_.find(thread);
  if (known == threads_.end())
    return nullptr;
  const auto& x = slots_.at(known->second);
  return x.phase == phase::running ? &x : nullptr;
}

task_board::slot* task_board::running_slot(const thread_id& thread) {
  return const_cast<slot*>(std::as_const(*this).running_slot(thread));
}

bool task_board::may_submit(const thread_id& thread) const {
  const auto* x = running_slot(thread);
  return x != nullptr && !x->give_up;
}

progress_counts task_board::counts() const {
  auto out = counts_;
  for (const auto& [index, x] : slots_)
    out.running += x.phase == phase::ending ? 0 : 1;
  return out;
}

} // namespace troupe::run
