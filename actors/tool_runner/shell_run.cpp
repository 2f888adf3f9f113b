#include "actors/tool_runner/shell_run.hpp"

#include "actors/tool_runner/command_events.hpp"

#include <fmt/format.h>

#include <utility>

namespace troupe::tool_runner {

std::shared_ptr<shell_run> shell_run::start(std::shared_ptr<const run_context> context,
                                            const run_tool& call, shell_plan plan, call_sink sink) {
  std::shared_ptr<shell_run> result{
    new shell_run{std::move(context), call, std::move(plan), std::move(sink)}};
  result->begin();
  return result;
}

shell_run::shell_run(std::shared_ptr<const run_context> context, const run_tool& call,
                     shell_plan plan, call_sink sink)
  : context_(std::move(context)), plan_(std::move(plan)), sink_(std::move(sink)),
    thread_(call.thread), tool_name_(tool_name(call)), call_id_(call.call_id),
    settings_(call.context),
    begin_(begin_event(call.call_id, plan_.argv, plan_.cwd, exec_source::agent)),
    output_(call.call_id) {}

void shell_run::begin() {
  sink_.progress({begin_});
  switch (plan_.decision.result) {
  case verdict::forbidden: return fail(plan_.decision.reason);
  case verdict::prompt: return fail("exec command rejected by user"); // nobody can be asked yet
  case verdict::allow: break;
  }
  if (plan_.argv.empty())
    return fail("command args are empty");
  run_child();
}

void shell_run::run_child() {
  child_order order{.thread = thread_,
                    .argv = plan_.argv,
                    .cwd = plan_.cwd,
                    .environment = {},
                    .where = plan_.decision.first,
                    .policy = settings_->sandbox_policy,
                    .policy_cwd = settings_->cwd,
                    .roots = settings_->roots,
                    .tty = terminal_wish::none,
                    .input = {},
                    .timeout = plan_.timeout};
  start_ = command_start::begin(
    context_,
    {.thread = thread_,
     .settings = settings_,
     .programs = attendance::as_inherited,
     .order = std::move(order)},
    {.on_stage = sink_.stage,
     .on_ready = [self = shared_from_this()](child_order x) { self->spawn(std::move(x)); }});
  if (!start_)
    fail(execution_error(no_place_left));
}

void shell_run::spawn(child_order order) {
  auto self = shared_from_this();
  child_ = child_run::start(
    context_, std::move(order),
    {.on_start = [] {},
     .on_output = [self](output_stream stream, std::string_view x) { self->on_output(stream, x); },
     .on_end = [self](const child_end& x) { self->on_end(x); }});
}

void shell_run::on_output(output_stream stream, std::string_view bytes) {
  if (auto delta = output_.add(stream, bytes, child_run::clock::now()))
    sink_.progress({std::move(*delta)});
}

void shell_run::on_end(const child_end& end) {
  if (end.how == child_end::kind::not_started)
    return fail(execution_error(end.problem));
  if (end.how == child_end::kind::signalled)
    return fail(execution_error(fmt::format("Sandbox(Signal({}))", end.number)));
  const auto outcome = output_.outcome(end);
  sink_.progress({end_event(std::move(begin_), outcome, settings_->truncation)});
  auto text = plan_.layout == output_layout::json
                ? shell_json_output(outcome, settings_->truncation)
                : shell_lines_output(outcome, settings_->truncation);
  finish(std::move(text), outcome.exit_code == 0);
}

void shell_run::fail(std::string text) {
  sink_.progress({failure_event(std::move(begin_), text)});
  finish(std::move(text), false);
}

void shell_run::cancel() {
  if (child_)
    child_->abandon();
  finish(abort_text(tool_name_, child_run::clock::now() - started_), false);
}

void shell_run::finish(std::string output, bool success) {
  child_ = nullptr;
  if (const auto start = std::exchange(start_, nullptr))
    start->let_go();
  std::exchange(sink_, {}).finish(
    tool_result{.call_id = call_id_, .output = std::move(output), .success = success, .notes = {}});
}

} // namespace troupe::tool_runner
