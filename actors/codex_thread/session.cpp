#include "actors/codex_thread/session.hpp"

#include "actors/codex_thread/thread_mode.hpp"
#include "messages/json/item_json.hpp"

#include <algorithm>
#include <utility>

namespace troupe::codex_thread {

namespace {

template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};

/// What the op says to the model; none: nothing.
const user_input* input_of(const op& x) {
  const auto* input = std::get_if<user_input>(&x);
  if (const auto* turn = std::get_if<user_turn>(&x))
    input = &turn->input;
  return input && !input->items.empty() ? input : nullptr;
}

} // namespace

std::variant<submitted, errc> session::submit(submission x, effects& out) {
  const bool is_callers = !x.id.empty();
  if (is_callers)
    if (auto turn = receipts_.find(x.id))
      return submitted{std::move(*turn)};
  if (const auto refusal = refusal_of(x))
    return *refusal;
  if (!is_callers)
    x.id = receipts_.next_id();
  submitted receipt{joined_turn(x.op)};
  if (receipt.id.empty())
    receipt.id = x.id;
  if (is_callers)
    receipts_.remember(x.id, receipt.id);
  else
    receipts_.use_next_id();
  accept(std::move(x), receipt.id, out);
  return receipt;
}

/// Why the submission cannot be accepted. Interrupts and shutdowns need no room.
std::optional<errc> session::refusal_of(const submission& x) const {
  if (state_ == thread_state::stopping)
    return errc::shutting_down;
  if (x.op.valueless_by_exception() || receipts_.is_given(x.id))
    return errc::invalid_request;
  if (std::holds_alternative<interrupt_turn>(x.op) || std::holds_alternative<shutdown_thread>(x.op))
    return std::nullopt;
  // The running turn takes it at once, or it waits.
  const bool is_for_turn = turn_ && turn_->takes_input() && queue_.empty() && input_of(x.op);
  if (is_for_turn ? !turn_->has_room() : queue_.size() >= max_queued_submissions)
    return errc::queue_full;
  return std::nullopt;
}

/// The turn that input joins; empty: none. Whoever comes behind other input is of its turn.
std::string session::joined_turn(const op& x) const {
  if (!input_of(x))
    return {};
  for (auto at = queue_.rbegin(); at != queue_.rend(); ++at) {
    if (std::holds_alternative<compact_thread>(at->x.op))
      return {};
    if (input_of(at->x.op))
      return at->turn == stopped_turn_ ? std::string{} : at->turn;
  }
  return turn_ && turn_->takes_input() ? turn_->id() : std::string{};
}

void session::accept(submission x, std::string turn, effects& out) {
  if (std::holds_alternative<interrupt_turn>(x.op)) {
    // Interrupts overtake what waits: that is what they are for.
    if (turn_)
      turn_->interrupt(abort_reason::interrupted, out);
    else
      interrupt_next_turn();
    return after_turn_step(out);
  }
  if (std::holds_alternative<shutdown_thread>(x.op))
    return shut_down(out);
  queue_.push_back({std::move(x), std::move(turn)});
  proceed(out);
}

/// The turn whose model is asked for begins and ends at once, when the answer comes.
void session::interrupt_next_turn() {
  if (model_question_ == model_question_state::asked && !queue_.empty())
    stopped_turn_ = queue_.front().turn;
}

void session::proceed(effects& out) {
  while (!queue_.empty() && model_question_ != model_question_state::asked &&
         !(turn_ && !turn_->takes_input())) {
    auto next = std::move(queue_.front());
    queue_.pop_front();
    process(next, out);
  }
}

void session::process(waiting_submission& next, effects& out) {
  std::visit(overloaded{[&](compact_thread&) { process_compaction(next, out); },
                        [&](user_turn& x) {
                          if (!x.settings.collaboration_mode)
                            leave_mode(next_settings());
                          apply(x.settings);
                          // Its settings are applied once, however often it is looked at.
                          next.x.op = user_input{std::move(x.input)};
                          process_input(next, out);
                        },
                        [&](override_turn_context& x) { apply(x); },
                        [&](user_input&) { process_input(next, out); },
                        // These two never wait.
                        [](interrupt_turn&) {}, [](shutdown_thread&) {}},
             next.x.op);
}

void session::process_input(waiting_submission& next, effects& out) {
  auto& input = std::get<user_input>(next.x.op);
  if (input.items.empty())
    return;
  if (turn_) {
    // There is room: `refusal_of` has seen to it, and no more wait than a turn can hold.
    turn_->steer(std::move(input));
    return;
  }
  if (!knows_model(next, out))
    return;
  start_turn(std::move(next.x.id), turn_kind::regular, std::move(input), out);
}

void session::process_compaction(waiting_submission& x, effects& out) {
  if (turn_) {
    // The running turn gives way; this entry is looked at again when it has ended.
    turn_->interrupt(abort_reason::replaced, out);
    queue_.push_front(std::move(x));
    return;
  }
  if (!knows_model(x, out))
    return;
  start_turn(std::move(x.x.id), turn_kind::compact, {}, out);
}

/// Lists of models change while a thread lives, so each turn asks anew (contract models-manager.md
/// 14). Until the answer comes, `x` is the front of the queue.
bool session::knows_model(waiting_submission& x, effects& out) {
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
  stopped_turn_.clear();
  const auto id = queue_.front().turn;
  // What joined this turn fails with it.
  std::erase_if(queue_, [&id](const waiting_submission& w) {
    return w.turn == id && (input_of(w.x.op) || std::holds_alternative<compact_thread>(w.x.op));
  });
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
  if (turn_->id() == stopped_turn_) {
    hand_over_joined();
    stopped_turn_.clear();
    turn_->interrupt(abort_reason::interrupted, out);
  }
  after_turn_step(out);
}

/// Input that was told it is of this turn is of no other.
void session::hand_over_joined() {
  std::erase_if(queue_, [this](waiting_submission& w) {
    const auto* input = w.turn == turn_->id() ? input_of(w.x.op) : nullptr;
    return input && turn_->steer(*input);
  });
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
  const bool is_of_turn = turn_ && turn_->id() == x.turn;
  if (x.stage != call_stage::unchanged && is_of_turn)
    turn_->on_tool_stage(x.call_id, x.stage);
  for (auto& msg : x.events)
    if (!is_of_turn || !turn_->keep(msg))
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
  record_waiting(out);
  if (!turn_) {
    out.cancel_tools = true;
    out.flush = flush_goal::shutdown;
    return;
  }
  turn_->interrupt(abort_reason::interrupted, out);
}

/// Nobody will answer what waits, but it was accepted: the model reads it when the thread is
/// resumed.
void session::record_waiting(effects& out) {
  for (const auto& waiting : std::exchange(queue_, {})) {
    const auto* input = input_of(waiting.x.op);
    if (!input || (turn_ && turn_->id() == waiting.turn && turn_->steer(*input)))
      continue;
    seed(waiting.turn, out);
    core_.record(make_user_message(input->items), waiting.turn, out);
  }
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
