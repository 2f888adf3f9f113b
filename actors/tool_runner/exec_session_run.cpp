#include "actors/tool_runner/exec_session_run.hpp"

#include "actors/tool_runner/command_events.hpp"
#include "actors/tool_runner/output_truncation.hpp"
#include "actors/tool_runner/sandbox_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

namespace troupe::tool_runner {

namespace {

std::int32_t shell_exit_code(const child_end& end) {
  if (end.how == child_end::kind::not_started)
    return -1;
  return end.how == child_end::kind::exited ? end.number : 128 + end.number;
}

} // namespace

std::shared_ptr<exec_session> exec_session::start(std::shared_ptr<const run_context> context,
                                                  const run_tool& call, exec_plan plan,
                                                  std::int32_t id, call_sink sink,
                                                  session_owner owner) {
  std::shared_ptr<exec_session> result{
    new exec_session{std::move(context), call, std::move(plan), id, std::move(owner)}};
  result->progress_ = sink.progress;
  result->reader_ = session_reader{.type = session_reader::kind::starter,
                                   .call_id = call.call_id,
                                   .chars = {},
                                   .max_output_tokens = result->plan_.max_output_tokens,
                                   .yield_time = result->plan_.yield_time,
                                   .sink = std::move(sink),
                                   .started = child_run::clock::now()};
  result->run_child();
  return result;
}

exec_session::exec_session(std::shared_ptr<const run_context> context, const run_tool& call,
                           exec_plan plan, std::int32_t id, session_owner owner)
  : context_(std::move(context)), plan_(std::move(plan)), id_(id), owner_(std::move(owner)),
    thread_(call.thread), settings_(call.context),
    begin_(begin_event(call.call_id, plan_.argv, plan_.cwd, exec_source::unified_exec_startup)) {
  begin_.process_id = fmt::format("{}", id);
}

void exec_session::run_child() {
  child_order order{.thread = thread_,
                    .argv = plan_.argv,
                    .cwd = plan_.cwd,
                    .environment = {},
                    .where = plan_.decision.first,
                    .policy = settings_->sandbox_policy,
                    .policy_cwd = settings_->cwd,
                    .roots = settings_->roots,
                    .tty = plan_.tty,
                    .input = {},
                    .timeout = {}};
  start_ = command_start::begin(
    context_,
    {.thread = thread_,
     .settings = settings_,
     .programs = attendance::unattended,
     .order = std::move(order)},
    {.on_stage = reader_->sink.stage,
     .on_ready = [self = shared_from_this()](child_order x) { self->spawn(std::move(x)); }});
  if (start_)
    return;
  context_->io.post([self = shared_from_this()] { // not at once: the caller gets its session first
    if (self->reader_)
      self->finish_reader(exec_command_failed(no_place_left), false);
    self->over();
  });
}

void exec_session::spawn(child_order order) {
  auto self = shared_from_this();
  child_ = child_run::start(
    context_, std::move(order),
    {.on_start = [self] { self->on_start(); },
     .on_output = [self](output_stream, std::string_view x) { self->on_output(x); },
     .on_end = [self](const child_end& x) { self->on_end(x); }});
}

void exec_session::give_place_back() {
  if (const auto start = std::exchange(start_, nullptr))
    start->let_go();
}

void exec_session::on_start() {
  if (reader_)
    reader_->started = child_run::clock::now();
  early_timer_ = context_->io.after(context_->early_exit_window, [self = shared_from_this()] {
    if (!self->exit_code_)
      self->begin();
  });
  set_deadline(plan_.yield_time);
}

void exec_session::on_output(std::string_view bytes) {
  transcript_.append(bytes);
  unread_.append(bytes);
  if (has_begun_)
    show(cutter_.cut(bytes));
}

void exec_session::begin() {
  if (std::exchange(has_begun_, true))
    return;
  progress_({begin_});
  show(cutter_.cut(transcript_.bytes()));
}

void exec_session::show(std::vector<std::string> pieces) {
  std::vector<event_msg> events;
  for (auto& piece : pieces)
    if (budget_.admit(piece.size(), delta_budget::clock::now()))
      events.emplace_back(exec_output_delta{.call_id = begin_.call_id,
                                            .stream = output_stream::standard_output,
                                            .chunk = std::move(piece)});
  if (!events.empty())
    progress_(std::move(events));
}

void exec_session::on_end(const child_end& end) {
  early_timer_.cancel();
  deadline_.cancel();
  child_ = nullptr;
  give_place_back();
  const auto is_starting = reader_ && reader_->type == session_reader::kind::starter;
  const auto is_refused = end.how == child_end::kind::not_started;
  if (is_refused && has_begun_) // told as running meanwhile
    on_output(end.problem + "\n");
  if (is_refused && !has_begun_) {
    if (is_starting)
      finish_reader(exec_command_failed(end.problem), false);
    return over();
  }
  exit_code_ = is_terminated_ ? -1 : shell_exit_code(end);
  const auto text = decoded_output(transcript_.bytes());
  const auto is_denied = !is_terminated_ && plan_.decision.first == attempt::sandboxed &&
                         is_sandbox_denial(*exit_code_, text);
  // Denied or aborted in the first moments, it was never started: no events (contract 4.2.8).
  if (has_begun_ || (!is_denied && !is_terminated_)) {
    begin();
    show(cutter_.rest());
    tell_end(end, *exit_code_);
  }
  if (is_starting && is_denied)
    finish_reader(exec_command_denied(shown_to_model(text), *exit_code_), false);
  else if (reader_)
    answer_reader();
  else if (!is_terminated_)
    return; // until it is asked for
  over();
}

std::string exec_session::shown_to_model(std::string_view text) const {
  return formatted_truncation(text, {truncation_mode::tokens, plan_.max_output_tokens});
}

void exec_session::tell_end(const child_end& end, std::int32_t exit_code) {
  exec_outcome outcome;
  outcome.exit_code = exit_code;
  outcome.duration = end.duration;
  outcome.standard_output = decoded_output(transcript_.bytes());
  outcome.aggregated_output = outcome.standard_output;
  progress_({end_event(begin_, outcome, settings_->truncation)});
  transcript_ = head_tail_buffer{};
}

void exec_session::set_deadline(std::chrono::milliseconds delay) {
  deadline_ = context_->io.after(delay, [self = shared_from_this()] { self->on_deadline(); });
}

void exec_session::on_deadline() {
  if (!reader_)
    return;
  begin(); // a yield time may end within the early window
  answer_reader();
}

void exec_session::read(const run_tool& call, const write_stdin_arguments& arguments,
                        call_sink sink) {
  last_use_ = child_run::clock::now();
  const auto pause = arguments.chars.empty() ? std::chrono::milliseconds{0} : pause_after_input;
  reader_ = session_reader{.type = session_reader::kind::poller,
                           .call_id = call.call_id,
                           .chars = arguments.chars,
                           .max_output_tokens = arguments.max_output_tokens,
                           .yield_time = arguments.yield_time,
                           .sink = std::move(sink),
                           .started = child_run::clock::now() + pause};
  if (exit_code_) {
    answer_reader();
    return over();
  }
  if (!arguments.chars.empty())
    child_->write(arguments.chars);
  set_deadline(pause + arguments.yield_time);
}

void exec_session::answer_reader() {
  const auto now = child_run::clock::now();
  collected_output collected{.chunk_id = chunk_id(std::random_device{}()),
                             .wall_time = std::max(now, reader_->started) - reader_->started,
                             .exit_code = exit_code_,
                             .session_id = {},
                             .text = decoded_output(unread_.take())};
  std::vector<std::string> notes;
  if (!exit_code_) {
    collected.session_id = id_;
    // Or threads that each keep a server and need a second command would wait for ever.
    give_place_back();
    if (!std::exchange(is_kept_, true))
      if (auto note = owner_.on_kept())
        notes.push_back(std::move(*note));
  }
  if (reader_->type == session_reader::kind::poller)
    reader_->sink.progress({terminal_interaction{.call_id = begin_.call_id,
                                                 .process_id = begin_.process_id,
                                                 .standard_input = reader_->chars}});
  finish_reader(unified_exec_output(collected, reader_->max_output_tokens), true, std::move(notes));
}

void exec_session::finish_reader(std::string output, bool success, std::vector<std::string> notes) {
  deadline_.cancel();
  auto reader = std::move(*reader_);
  reader_.reset();
  reader.sink.finish(tool_result{.call_id = std::move(reader.call_id),
                                 .output = std::move(output),
                                 .success = success,
                                 .notes = std::move(notes)});
}

void exec_session::cancel_reader() {
  if (!reader_)
    return;
  const auto is_starter = reader_->type == session_reader::kind::starter;
  const auto elapsed = child_run::clock::now() - reader_->started;
  finish_reader(abort_text(is_starter ? "exec_command" : "write_stdin", elapsed), false);
  if (is_starter)
    terminate();
}

void exec_session::terminate() {
  is_terminated_ = true;
  if (!child_) {
    give_place_back(); // it may still have waited for one
    return over();     // or it had ended, and its end was told
  }
  child_->kill();
}

void exec_session::abandon() {
  early_timer_.cancel();
  deadline_.cancel();
  reader_.reset();
  progress_ = [](const std::vector<event_msg>&) {};
  give_place_back();
  if (child_)
    child_->abandon();
  child_ = nullptr;
}

void exec_session::over() {
  if (auto on_over = std::exchange(owner_.on_over, nullptr))
    on_over();
}

session_use exec_session::use() const {
  return {
    .id = id_, .last_use = last_use_, .state = exit_code_ ? liveness::exited : liveness::running};
}

} // namespace troupe::tool_runner
