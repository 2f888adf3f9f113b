#include "actors/tool_runner/patch_run.hpp"

#include "actors/tool_runner/exec_format.hpp"
#include "actors/tool_runner/patch_apply.hpp"
#include "actors/tool_runner/patch_preview.hpp"
#include "actors/tool_runner/sandbox_files.hpp"
#include "actors/tool_runner/sandbox_run.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>
#include <variant>

namespace troupe::tool_runner {

/// The plan of the sandbox that the patch runs in, and the files as they are seen there.
struct patch_run::sight {
  sandbox_plan plan;
  std::unique_ptr<file_view> files;
  std::optional<sandbox_problem> problem = {}; ///< why there is no plan
};

struct patch_run::verification {
  std::string refusal;                    ///< not empty: the patch cannot be applied
  std::optional<sandbox_problem> problem; ///< no command can run there, nor a patch
  patch_decision decision;
  file_changes changes;
};

std::shared_ptr<patch_run> patch_run::start(std::shared_ptr<const run_context> context,
                                            const run_tool& call, patch_plan plan,
                                            patch_place place, call_sink sink) {
  std::shared_ptr<patch_run> result{
    new patch_run{std::move(context), call, std::move(plan), std::move(place), std::move(sink)}};
  result->verify();
  return result;
}

patch_run::patch_run(std::shared_ptr<const run_context> context, const run_tool& call,
                     patch_plan plan, patch_place place, call_sink sink)
  : context_(std::move(context)), plan_(std::move(plan)), place_(std::move(place)),
    sink_(std::move(sink)), thread_(call.thread), tool_name_(tool_name(call)),
    call_id_(call.call_id), settings_(call.context), output_(call.call_id) {}

patch_run::planner patch_run::make_planner() const {
  if (!restricts_writing(settings_->sandbox_policy.mode))
    return nullptr;
  return context_->sandbox->planner(thread_, settings_->sandbox_policy, settings_->cwd,
                                    settings_->roots);
}

patch_run::sight patch_run::look(const planner& plan) {
  if (!plan)
    return {{}, std::make_unique<disk_files>()};
  auto found = plan();
  auto* known = std::get_if<sandbox_plan>(&found);
  auto result = known != nullptr ? std::move(*known) : sandbox_plan{};
  auto files = std::make_unique<sandbox_files>(result);
  return {std::move(result), std::move(files),
          known != nullptr ? std::nullopt : std::optional{std::get<sandbox_problem>(found)}};
}

void patch_run::verify() {
  // Patches of a thread run one at a time, so the tracker is this job's alone.
  auto work = [text = plan_.text, cwd = plan_.cwd, settings = settings_, place = place_,
               plan = make_planner()]() -> verification {
    verification result;
    const auto parsed = parse_patch(text);
    if (const auto* error = std::get_if<patch_syntax_error>(&parsed)) {
      result.refusal = to_string(*error);
      return result;
    }
    const auto seen = look(plan);
    if (seen.problem) {
      result.problem = seen.problem;
      return result;
    }
    auto preview = preview_patch(std::get<patch>(parsed), cwd, *seen.files);
    if (auto* refusal = std::get_if<patch_refusal>(&preview)) {
      result.refusal = std::move(refusal->message);
      return result;
    }
    result.changes = std::get<file_changes>(std::move(preview));
    result.decision = judge_patch(result.changes, settings->approval_policy,
                                  settings->sandbox_policy.mode, seen.plan);
    if (result.decision.result == verdict::allow)
      place.diff->note(result.changes, *seen.files);
    return result;
  };
  run_blocking(*context_, std::move(work), [self = shared_from_this()](verification x) {
    if (!self->is_over())
      self->on_verified(std::move(x));
  });
}

void patch_run::on_verified(verification x) {
  if (x.problem) {
    tell_refusal(*context_, thread_, *x.problem);
    return finish(execution_error(x.problem->message), false);
  }
  if (!x.refusal.empty())
    return finish(fmt::format("apply_patch verification failed: {}", x.refusal), false);
  if (x.decision.result == verdict::forbidden)
    return finish(std::move(x.decision.refusal), false);
  changes_ = std::move(x.changes);
  where_ = x.decision.where;
  const auto is_allowed = x.decision.result == verdict::allow;
  sink_.progress(
    {patch_apply_begin{.call_id = call_id_, .auto_approved = is_allowed, .changes = changes_}});
  if (is_allowed)
    wait_for_turn();
  else
    refuse("patch rejected by user"); // nobody can be asked yet
}

void patch_run::refuse(const std::string& why) {
  exec_outcome outcome;
  outcome.exit_code = -1;
  outcome.standard_error = why;
  tell_end(outcome);
  finish(why, false);
}

void patch_run::wait_for_turn() {
  const std::weak_ptr<patch_run> weak = shared_from_this();
  turn_ =
    context_->places->ask(thread_, {.on_stage =
                                      [weak](call_stage x) {
                                        if (const auto self = weak.lock(); self && !self->is_over())
                                          self->sink_.stage(x);
                                      },
                                    .on_place =
                                      [weak] {
                                        if (const auto self = weak.lock(); self && !self->is_over())
                                          self->apply();
                                      }});
  if (!turn_)
    refuse(no_place_left);
}

void patch_run::apply() {
  const auto is_outside = where_ == attempt::unsandboxed;
  child_order order{.thread = thread_,
                    .argv = {is_outside ? context_->own_image : context_->own_program,
                             std::string{apply_patch_argument}},
                    .cwd = plan_.cwd,
                    .environment = {},
                    .where = where_,
                    .policy = settings_->sandbox_policy,
                    .policy_cwd = settings_->cwd,
                    .roots = settings_->roots,
                    .tty = terminal_wish::none,
                    .input = {},
                    .timeout = plan_.timeout};
  if (plan_.text.size() <= max_argument_bytes)
    order.argv.push_back(std::move(plan_.text));
  else
    order.input = std::move(plan_.text);
  auto self = shared_from_this();
  child_ = child_run::start(
    context_, std::move(order),
    {.on_start = [] {},
     .on_output = [self](output_stream stream, std::string_view x) { self->on_output(stream, x); },
     .on_end = [self](const child_end& x) { self->on_end(x); }});
}

void patch_run::on_output(output_stream stream, std::string_view bytes) {
  if (auto delta = output_.add(stream, bytes, child_run::clock::now()))
    sink_.progress({std::move(*delta)});
}

void patch_run::on_end(const child_end& end) {
  child_ = nullptr;
  turn_ = nullptr;
  auto outcome = output_.outcome(end);
  if (end.how == child_end::kind::not_started)
    outcome.standard_error = execution_error(end.problem);
  if (end.how == child_end::kind::signalled)
    outcome.standard_error = execution_error(fmt::format("Sandbox(Signal({}))", end.number));
  const auto ran = end.how == child_end::kind::exited || end.how == child_end::kind::timed_out;
  tell_end(outcome);
  tell_diff(ran ? shell_json_output(outcome, settings_->truncation) : outcome.standard_error,
            outcome.exit_code == 0);
}

void patch_run::tell_end(const exec_outcome& outcome) {
  sink_.progress({patch_apply_end{.call_id = call_id_,
                                  .standard_output = outcome.standard_output,
                                  .standard_error = outcome.standard_error,
                                  .success = outcome.exit_code == 0,
                                  .changes = changes_}});
}

/// A failed patch may have changed files too.
void patch_run::tell_diff(std::string output, bool success) {
  run_blocking(
    *context_,
    [place = place_, cwd = settings_->cwd, plan = make_planner()] {
      return place.diff->diff(*look(plan).files, repository_root(cwd));
    },
    [self = shared_from_this(), output = std::move(output), success](std::string text) {
      if (self->is_over())
        return;
      if (!text.empty())
        self->sink_.progress({turn_diff{std::move(text)}});
      self->finish(output, success);
    });
}

void patch_run::cancel() {
  if (child_)
    child_->abandon();
  finish(abort_text(tool_name_, child_run::clock::now() - started_), false);
}

void patch_run::finish(std::string output, bool success) {
  child_ = nullptr;
  turn_ = nullptr;
  std::exchange(sink_, {}).finish(tool_result{.call_id = call_id_,
                                              .output = std::move(output),
                                              .success = success,
                                              .notes = std::move(plan_.notes)});
}

} // namespace troupe::tool_runner
