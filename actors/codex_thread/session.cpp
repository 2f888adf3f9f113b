#include "actors/codex_thread/session.hpp"

#include "actors/codex_thread/thread_mode.hpp"

#include <algorithm>
#include <utility>

namespace troupe::codex_thread {

namespace {

/// Ids that callers chose are remembered this long to recognise a repeated submission.
constexpr std::size_t max_remembered_ids = 64;

} // namespace

bool session::is_repeated(const std::string& id) const {
  return std::find(given_ids_.begin(), given_ids_.end(), id) != given_ids_.end();
}

std::variant<submitted, errc> session::submit(submission x, effects& out) {
  if (state_ == thread_state::stopping)
    return errc::shutting_down;
  if (!x.id.empty()) {
    if (is_repeated(x.id))
      return submitted{x.id};
  } else {
    x.id = std::to_string(next_submission_++);
  }
  submitted receipt{x.id};
  if (std::holds_alternative<interrupt_turn>(x.op)) {
    // Interrupts overtake what waits: that is what they are for.
    if (turn_)
      turn_->interrupt(abort_reason::interrupted, out);
    else
      stops_next_turn_ = model_question_ == model_question_state::asked;
    after_turn_step(out);
  } else if (std::holds_alternative<shutdown_thread>(x.op)) {
    shut_down(out);
  } else {
    const auto* input = std::get_if<user_input>(&x.op);
    const bool steers = input && turn_ && turn_->takes_input() && queue_.empty();
    if (steers && !input->items.empty()) {
      if (!turn_->steer(*input))
        return errc::queue_full;
      receipt.id = turn_->id();
    } else if (queue_.size() >= max_queued_submissions) {
      return errc::queue_full;
    } else {
      if (joins_next_turn(x))
        receipt.id = queue_.front().id;
      queue_.push_back(x);
      proceed(out);
    }
  }
  given_ids_.push_back(x.id);
  if (given_ids_.size() > max_remembered_ids)
    given_ids_.pop_front();
  return receipt;
}

/// Input that follows the input whose turn is about to begin becomes part of that turn.
bool session::joins_next_turn(const submission& x) const {
  const auto is_input = [](const submission& one) {
    const auto* input = std::get_if<user_input>(&one.op);
    return input && !input->items.empty();
  };
  return model_question_ == model_question_state::asked && !stops_next_turn_ && is_input(x) &&
         std::all_of(queue_.begin(), queue_.end(), is_input);
}

void session::proceed(effects& out) {
  while (!queue_.empty() && model_question_ != model_question_state::asked &&
         !(turn_ && !turn_->takes_input())) {
    auto next = std::move(queue_.front());
    queue_.pop_front();
    process(next, out);
  }
}

void session::process(submission& x, effects& out) {
  if (std::holds_alternative<compact_thread>(x.op))
    return process_compaction(x, out);
  user_input input;
  if (auto* turn = std::get_if<user_turn>(&x.op)) {
    if (!turn->settings.collaboration_mode)
      leave_mode(next_settings());
    apply(turn->settings);
    input = std::move(turn->input);
  } else if (auto* settings = std::get_if<override_turn_context>(&x.op)) {
    apply(*settings);
    return;
  } else if (auto* plain = std::get_if<user_input>(&x.op)) {
    input = std::move(*plain);
  }
  if (input.items.empty())
    return;
  if (turn_) {
    // A running turn takes it; when it is full the entry stays in front until there is room.
    if (!turn_->steer(input))
      out.emit(x.id, warning{"the running turn takes no more input; this input was dropped"});
    return;
  }
  x.op = std::move(input);
  if (!knows_model(x, out))
    return;
  start_turn(std::move(x.id), turn_kind::regular, std::get<user_input>(std::move(x.op)), out);
}

void session::process_compaction(submission& x, effects& out) {
  if (turn_) {
    // The running turn gives way; this entry is looked at again when it has ended.
    turn_->interrupt(abort_reason::replaced, out);
    queue_.push_front(std::move(x));
    return;
  }
  if (!knows_model(x, out))
    return;
  start_turn(std::move(x.id), turn_kind::compact, {}, out);
}

/// Lists of models change while a thread lives, so each turn asks anew (contract models-manager.md
/// 14). Until the answer comes, `x` is the front of the queue.
bool session::knows_model(submission& x, effects& out) {
  if (model_question_ == model_question_state::answered) {
    model_question_ = model_question_state::none;
    return true;
  }
  adopt_next_settings();
  use_provider(out);
  model_question_ = model_question_state::asked;
  out.fetch_model = model_question();
  queue_.push_front(std::move(x));
  return false;
}

/// A turn runs with the settings it began with (contract threads.md 6); changes meanwhile are for
/// the next one.
thread_config& session::next_settings() {
  if (!turn_) {
    adopt_next_settings();
    return core_.config;
  }
  if (!next_settings_)
    next_settings_ = std::make_unique<thread_config>(core_.config);
  return *next_settings_;
}

void session::adopt_next_settings() {
  if (!next_settings_)
    return;
  const auto transport = core_.config.origin.transport; // the turn may have given up the WebSocket
  core_.config = std::move(*next_settings_);
  core_.config.origin.transport = transport;
  next_settings_.reset();
}

void session::apply(const override_turn_context& x) {
  auto& config = next_settings();
  if (x.cwd)
    config.cwd = *x.cwd;
  if (x.approval_policy)
    config.approval_policy = *x.approval_policy;
  if (x.sandbox_policy)
    config.sandbox_policy = *x.sandbox_policy;
  if (x.model)
    config.model = *x.model;
  if (x.effort)
    config.effort = x.effort;
  if (x.collaboration_mode)
    set_mode(config, *x.collaboration_mode);
  if (x.identity)
    set_identity(config, *x.identity);
  if (x.summary)
    config.summary = *x.summary;
  if (x.personality)
    config.personality = x.personality;
}

void session::on_model_facts(model_facts facts, effects& out) {
  if (model_question_ != model_question_state::asked)
    return;
  model_question_ = model_question_state::answered;
  set_model(std::move(facts));
  proceed(out);
}

void session::on_model_failed(const std::string& reason, effects& out) {
  if (model_question_ != model_question_state::asked || queue_.empty())
    return;
  if (core_.config.model == core_.model.info->slug)
    return on_model_facts(core_.model, out);
  model_question_ = model_question_state::none;
  stops_next_turn_ = false;
  const auto id = queue_.front().id;
  queue_.pop_front();
  out.emit(
    id, turn_error{.message = "no information about model " + core_.config.model + ": " + reason});
  out.emit(id, task_complete{});
  core_.config.model = core_.model.info->slug;
  proceed(out);
}

void session::start_turn(std::string id, turn_kind kind, user_input input, effects& out) {
  preparing_ = false;
  if (kind == turn_kind::regular)
    tell_settings(id, out);
  else
    seed(id, out);
  state_ = thread_state::running;
  state_since_ = std::chrono::system_clock::now();
  ++turns_;
  turn_ = std::make_unique<turn_machine>(core_, std::move(id), kind, std::move(input));
  turn_->begin(out);
  if (std::exchange(stops_next_turn_, false))
    turn_->interrupt(abort_reason::interrupted, out);
  after_turn_step(out);
}

void session::seed(const std::string& turn, effects& out) {
  if (std::exchange(seeded_, true))
    return;
  for (const auto& item : initial_context(core_.facts()))
    core_.record(item, turn, out);
}

void session::tell_settings(const std::string& turn, effects& out) {
  const bool was_seeded = seeded_;
  seed(turn, out);
  auto before = core_.facts();
  if (was_seeded) {
    before.cwd = told_.cwd;
    before.sandbox = &told_.sandbox;
    before.approval = told_.approval;
    before.mode = told_.mode;
    before.mode_instructions = told_.mode_instructions;
    before.personality = told_.personality;
    before.model = told_.model;
  }
  if (!previous_model_.empty())
    before.model = previous_model_;
  for (const auto& item : settings_update(before, core_.facts()))
    core_.record(item, turn, out);
  previous_model_.clear();
  remember_settings();
}

void session::remember_settings() {
  told_ = {.cwd = core_.config.cwd,
           .sandbox = core_.sandbox,
           .approval = core_.config.approval_policy,
           .mode = core_.config.mode,
           .mode_instructions = core_.config.mode_instructions,
           .model = core_.model.info->slug,
           .personality = core_.config.personality};
}

void session::on_workspace(workspace_described& x, effects& out) {
  if (x.turn.empty())
    return prepare_connection_with(std::move(x.metadata_json), out);
  if (turn_ && turn_->id() == x.turn)
    turn_->on_workspace(std::move(x.metadata_json), out);
  after_turn_step(out);
}

void session::on_compacted(stream_number number, compacted_history& x, effects& out) {
  if (turn_)
    turn_->on_compacted(number, x, out);
  after_turn_step(out);
}

void session::on_model_events(model_events& x, effects& out) {
  if (turn_)
    turn_->on_model_events(x, out);
  after_turn_step(out);
}

void session::on_stream_ended(const stream_ended& x, effects& out) {
  if (turn_)
    turn_->on_stream_ended(x, out);
  after_turn_step(out);
}

void session::on_open_failed(const model_error& x, effects& out) {
  if (turn_)
    turn_->on_open_failed(x, out);
  after_turn_step(out);
}

void session::on_tool_result(stream_number stream, const tool_result& x, effects& out) {
  if (turn_)
    turn_->on_tool_result(stream, x, out);
  after_turn_step(out);
}

void session::on_tool_progress(tool_progress& x, effects& out) {
  if (x.stage != call_stage::unchanged && turn_ && turn_->id() == x.turn)
    turn_->on_tool_stage(x.call_id, x.stage);
  for (auto& msg : x.events)
    out.emit(x.turn, std::move(msg));
}

void session::on_flushed(flush_goal goal, const std::string& failure, effects& out) {
  switch (goal) {
  case flush_goal::none: break;
  case flush_goal::session_start:
    state_ = thread_state::idle;
    state_since_ = std::chrono::system_clock::now();
    break;
  case flush_goal::turn_end:
    if (turn_)
      turn_->on_flushed(failure, out);
    after_turn_step(out);
    break;
  case flush_goal::shutdown: finish_shutdown(out); break;
  }
}

void session::after_turn_step(effects& out) {
  if (!turn_ || !turn_->is_over())
    return;
  turn_.reset();
  if (state_ == thread_state::stopping) {
    out.flush = flush_goal::shutdown;
    return;
  }
  state_ = thread_state::idle;
  state_since_ = std::chrono::system_clock::now();
  proceed(out);
}

void session::on_provider(thread_provider x, effects& out) {
  next_provider_ = std::move(x);
  if (!turn_ && model_question_ == model_question_state::none)
    use_provider(out);
}

void session::use_provider(effects& out) {
  if (!next_provider_)
    return;
  adopt_next_settings();
  adopt_provider(core_.config, *std::exchange(next_provider_, std::nullopt));
  preparing_ = false;
  // Connections to the one before are of no use any more, and a refusal of its WebSocket says
  // nothing of this one's.
  if (uses_websocket_)
    out.closed_connections.push_back({.thread = core_.id, .turn = {}});
  uses_websocket_ = core_.config.origin.transport != model_transport::http;
}

void session::shut_down(effects& out) {
  if (state_ == thread_state::stopping)
    return;
  state_ = thread_state::stopping;
  state_since_ = std::chrono::system_clock::now();
  queue_.clear();
  if (!turn_) {
    out.cancel_tools = true;
    out.flush = flush_goal::shutdown;
    return;
  }
  turn_->interrupt(abort_reason::interrupted, out);
}

void session::finish_shutdown(effects& out) {
  if (uses_websocket_)
    out.closed_connections.push_back({.thread = core_.id, .turn = {}});
  out.emit({}, shutdown_complete{});
  out.ended = true;
}

thread_summary session::summary() const {
  thread_summary x;
  x.thread = core_.id;
  x.state = state_;
  x.waits_since = state_since_;
  if (turn_) {
    x.turn = turn_->id();
    x.waits_for = turn_->waits_for();
    x.waits_since = turn_->waits_for_place_since().value_or(state_since_);
  } else if (model_question_ == model_question_state::asked) {
    x.waits_for = wait_kind::model_info;
  } else if (state_ == thread_state::starting || state_ == thread_state::stopping) {
    x.waits_for = wait_kind::rollout;
  }
  x.turns = turns_;
  x.usage = core_.tokens.total();
  x.source = core_.config.source;
  x.model = core_.model.info->slug;
  x.cwd = core_.config.cwd;
  x.rollout_path = core_.rollout_path;
  return x;
}

} // namespace troupe::codex_thread
