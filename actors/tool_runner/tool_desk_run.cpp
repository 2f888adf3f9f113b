#include "actors/tool_runner/tool_desk_run.hpp"

#include "actors/tool_runner/exec_format.hpp"
#include "actors/tool_runner/sandbox_run.hpp"
#include "actors/tool_runner/shell_run.hpp"

#include <random>
#include <utility>
#include <vector>

namespace troupe::tool_runner {

namespace {

void finish(const run_tool& call, const call_sink& sink, finished_call x) {
  if (!x.events.empty())
    sink.progress(std::move(x.events));
  sink.finish(tool_result{
    .call_id = call.call_id, .output = std::move(x.output), .success = x.success, .notes = {}});
}

} // namespace

void tool_desk::start(run_tool call, call_sink sink) {
  context_->io.post([self = shared_from_this(), call = std::move(call),
                     sink = std::move(sink)]() mutable { self->on_start(call, std::move(sink)); });
}

void tool_desk::on_start(run_tool& call, call_sink sink) {
  if (is_stopped_)
    return sink.finish(call_error{"the tool runner stops"});
  call.context = confined(std::move(call.context));
  auto& state = threads_[call.thread];
  if (!state.calls.try_emplace(call.call_id).second)
    return finish(call, sink, {"a call with this id is still running", false, {}});
  // The call leaves the table before it is answered, whoever answers it.
  sink.finish = [self = shared_from_this(), thread = call.thread, id = call.call_id,
                 tell = std::move(sink.finish)](auto result) {
    if (const auto found = self->threads_.find(thread); found != self->threads_.end())
      found->second.calls.erase(id);
    self->forget_if_idle(thread);
    tell(std::move(result));
  };
  auto running = run(call, state, std::move(sink));
  const auto found = threads_.find(call.thread);
  if (!running || found == threads_.end())
    return;
  if (const auto entry = found->second.calls.find(call.call_id); entry != found->second.calls.end())
    entry->second = std::move(running);
}

std::shared_ptr<open_run> tool_desk::run(const run_tool& call, thread_state& of, call_sink sink) {
  auto plan = plan_call(call, context_->shells);
  if (auto* x = std::get_if<shell_plan>(&plan))
    return shell_run::start(context_, call, std::move(*x), std::move(sink));
  if (auto* x = std::get_if<exec_plan>(&plan))
    return sessions_of(call.thread, of)->start(context_, call, std::move(*x), std::move(sink));
  if (const auto* x = std::get_if<write_stdin_arguments>(&plan))
    return sessions_of(call.thread, of)->read(call, *x, std::move(sink));
  if (auto* x = std::get_if<patch_plan>(&plan)) {
    of.patches.push_back({call, std::move(*x), std::move(sink), child_run::clock::now()});
    start_next_patch(call.thread);
  } else if (auto* answered = std::get_if<finished_call>(&plan)) {
    finish(call, sink, std::move(*answered));
  } else {
    sink.finish(call_error{std::get<misdirected_call>(plan).message});
  }
  return nullptr;
}

std::shared_ptr<exec_sessions> tool_desk::sessions_of(const thread_id& thread, thread_state& of) {
  if (!of.sessions)
    of.sessions =
      std::make_shared<exec_sessions>(std::random_device{}(), [weak = weak_from_this(), thread] {
        if (const auto self = weak.lock())
          self->forget_if_idle(thread);
      });
  return of.sessions;
}

void tool_desk::start_next_patch(const thread_id& thread) {
  const auto found = threads_.find(thread);
  if (found == threads_.end())
    return;
  auto& state = found->second;
  if (state.is_patching || state.patches.empty())
    return forget_if_idle(thread);
  auto next = std::move(state.patches.front());
  state.patches.pop_front();
  state.is_patching = true;
  if (!state.diff || state.diff_turn != next.call.turn) {
    state.diff = std::make_shared<turn_diff_tracker>();
    state.diff_turn = next.call.turn;
  }
  patch_place place{.diff = state.diff,
                    .lease = {nullptr, [self = shared_from_this(), thread](std::nullptr_t) {
                                self->context_->io.post([self, thread] {
                                  if (const auto it = self->threads_.find(thread);
                                      it != self->threads_.end())
                                    it->second.is_patching = false;
                                  self->start_next_patch(thread);
                                });
                              }}};
  auto running = patch_run::start(context_, next.call, std::move(next.plan), std::move(place),
                                  std::move(next.sink));
  if (const auto entry = state.calls.find(next.call.call_id); entry != state.calls.end())
    entry->second = std::move(running);
}

void tool_desk::cancel(const thread_id& thread, const std::string& call_id) {
  context_->io.post([self = shared_from_this(), thread, call_id] {
    const auto found = self->threads_.find(thread);
    if (found == self->threads_.end())
      return;
    auto& state = found->second;
    if (call_id.empty()) {
      self->cancel_all(state);
    } else if (const auto call = state.calls.find(call_id); call != state.calls.end()) {
      if (const auto running = call->second)
        running->cancel();
      else
        self->cancel_waiting_patches(state, call_id);
    }
    self->forget_if_idle(thread);
  });
}

void tool_desk::forget(const thread_id& thread) {
  context_->io.post(
    [self = shared_from_this(), thread] { self->context_->sandbox->forget(thread); });
}

void tool_desk::cancel_all(thread_state& of) {
  // At the end of a turn no call is open; the next turn has a diff of its own.
  if (of.calls.empty())
    of.diff = nullptr;
  // Answering may forget the whole thread, so everything is taken out first.
  const auto sessions = of.sessions;
  std::vector<std::shared_ptr<open_run>> running;
  for (const auto& [id, run] : of.calls)
    if (run)
      running.push_back(run);
  cancel_waiting_patches(of, {});
  for (const auto& run : running)
    run->cancel();
  if (sessions)
    sessions->terminate_all();
}

void tool_desk::cancel_waiting_patches(thread_state& of, const std::string& call_id) {
  std::vector<waiting_patch> cancelled;
  std::deque<waiting_patch> left;
  for (auto& patch : std::exchange(of.patches, {})) {
    if (call_id.empty() || patch.call.call_id == call_id)
      cancelled.push_back(std::move(patch));
    else
      left.push_back(std::move(patch));
  }
  of.patches = std::move(left);
  for (const auto& patch : cancelled)
    finish(patch.call, patch.sink,
           {abort_text(tool_name(patch.call), child_run::clock::now() - patch.since), false, {}});
}

void tool_desk::stop() {
  context_->io.post([self = shared_from_this()] {
    self->is_stopped_ = true;
    std::vector<thread_id> threads;
    for (const auto& [thread, state] : self->threads_)
      threads.push_back(thread);
    for (const auto& thread : threads) {
      auto state = std::move(self->threads_[thread]);
      self->threads_.erase(thread);
      for (const auto& [id, run] : std::exchange(state.calls, {}))
        if (run)
          run->cancel();
      self->cancel_waiting_patches(state, {});
      if (state.sessions)
        state.sessions->abandon_all();
    }
  });
}

void tool_desk::forget_if_idle(const thread_id& thread) {
  const auto found = threads_.find(thread);
  if (found == threads_.end())
    return;
  const auto& state = found->second;
  const auto has_sessions = state.sessions && !state.sessions->empty();
  if (state.calls.empty() && state.patches.empty() && !state.is_patching && !has_sessions &&
      !state.diff)
    threads_.erase(found);
}

} // namespace troupe::tool_runner
