#include "actors/codex_thread/session.hpp"

#include "messages/json/item_json.hpp"
#include "messages/json/source_json.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace troupe::codex_thread {

namespace {

/// Ids that callers chose are remembered this long to recognise a repeated submission.
constexpr std::size_t max_remembered_ids = 64;

} // namespace

session::session(thread_config config, tool_list tools, std::string tmpdir)
  : tools_(std::move(tools)) {
  core_.config = std::move(config);
  core_.tmpdir = std::move(tmpdir);
}

get_model_info session::model_question() const {
  const auto& config = core_.config;
  return {.slug = config.model,
          .overrides = {.supports_reasoning_summaries = config.supports_reasoning_summaries,
                        .context_window = config.context_window,
                        .auto_compact_token_limit = config.auto_compact_token_limit,
                        .tool_output_token_limit = config.tool_output_token_limit,
                        .base_instructions = config.base_instructions,
                        .personality = config.personality}};
}

session_meta session::meta() const {
  return {.id = core_.id,
          .forked_from_id = {},
          .cwd = core_.config.cwd,
          .originator = core_.config.originator,
          .source_json = boost::json::serialize(to_json(core_.config.source)),
          .model_provider = core_.config.provider,
          .base_instructions = core_.model.instructions};
}

void session::set_id(const thread_id& id) {
  core_.id = id;
  core_.jitter.seed(static_cast<std::minstd_rand::result_type>(std::hash<thread_id>{}(id)));
}

void session::set_model(model_facts facts) {
  // The session's instructions stay what they were when only the model changes (contract
  // models-manager.md 13).
  if (!core_.model.instructions.empty()) {
    facts.instructions = core_.model.instructions;
    facts.instructions_json = core_.model.instructions_json;
  }
  core_.model = std::move(facts);
  core_.config.model = core_.model.info->slug;
  core_.tools_json = tools_(*core_.model.info, core_.config);
}

void session::start_new(std::string rollout_path, effects& out) {
  core_.rollout_path = std::move(rollout_path);
  for (const auto& item : initial_context(core_.facts()))
    core_.record(item, {}, out);
  seeded_ = true;
  remember_settings();
  out.flush = flush_goal::session_start;
}

void session::start_resumed(const rollout_history& stored, effects& out) {
  core_.rollout_path = stored.path;
  auto rebuilt = rebuild(stored.lines, initial_context(core_.facts()));
  core_.history.replace(rebuilt.items, core_.model.info->truncation_policy);
  if (rebuilt.usage)
    core_.tokens.restore(*rebuilt.usage);
  if (!rebuilt.base_instructions.empty() && core_.config.base_instructions.empty()) {
    core_.model.instructions = rebuilt.base_instructions;
    core_.model.instructions_json = shared_text{json_quoted(rebuilt.base_instructions.view())};
  }
  initial_messages_ = std::move(rebuilt.event_messages_json);
  forked_from_ = rebuilt.forked_from;
  if (!rebuilt.model.empty() && rebuilt.model != core_.model.info->slug) {
    previous_model_ = rebuilt.model;
    warnings_.push_back(
      fmt::format("This session was recorded with model `{}` but is resuming with "
                  "`{}`. Answers may differ.",
                  rebuilt.model, core_.model.info->slug));
  }
  if (stored.torn_tail)
    warnings_.push_back(
      fmt::format("The last line of {} was cut off and is left out.", stored.path));
  const auto garbage =
    stored.damaged_lines - (stored.torn_tail && stored.damaged_lines > 0 ? 1 : 0);
  if (garbage > 0)
    warnings_.push_back(
      fmt::format("{} unreadable line(s) of {} are left out.", garbage, stored.path));
  remember_settings();
  out.flush = flush_goal::session_start;
}

thread_started session::started() const {
  thread_started x;
  x.thread = core_.id;
  x.warnings = warnings_;
  x.configured = {.session_id = core_.id,
                  .forked_from_id = forked_from_,
                  .model = core_.model.info->slug,
                  .model_provider_id = core_.config.provider,
                  .approval_policy = core_.config.approval_policy,
                  .sandbox_policy = core_.config.sandbox_policy,
                  .cwd = core_.config.cwd,
                  .reasoning_effort = core_.config.effort,
                  .initial_messages_json = initial_messages_,
                  .rollout_path = core_.rollout_path};
  return x;
}

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
      turn_->interrupt(out);
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
      queue_.push_back(x);
      proceed(out);
    }
  }
  given_ids_.push_back(x.id);
  if (given_ids_.size() > max_remembered_ids)
    given_ids_.pop_front();
  return receipt;
}

void session::proceed(effects& out) {
  while (!queue_.empty() && !waits_for_model_ && !(turn_ && !turn_->takes_input())) {
    auto next = std::move(queue_.front());
    queue_.pop_front();
    process(next, out);
  }
}

void session::process(submission& x, effects& out) {
  user_input input;
  if (auto* turn = std::get_if<user_turn>(&x.op)) {
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
  if (needs_model()) {
    waits_for_model_ = true;
    out.fetch_model = model_question();
    queue_.push_front({.id = x.id, .op = std::move(input)});
    return;
  }
  start_turn(std::move(x.id), std::move(input), out);
}

void session::apply(const override_turn_context& x) {
  auto& config = core_.config;
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
  if (x.summary)
    config.summary = *x.summary;
  if (x.personality)
    config.personality = x.personality;
}

bool session::needs_model() const {
  return core_.config.model != core_.model.info->slug;
}

void session::on_model_facts(model_facts facts, effects& out) {
  if (!std::exchange(waits_for_model_, false))
    return;
  set_model(std::move(facts));
  proceed(out);
}

void session::on_model_failed(const std::string& reason, effects& out) {
  if (!std::exchange(waits_for_model_, false) || queue_.empty())
    return;
  const auto id = queue_.front().id;
  queue_.pop_front();
  out.emit(
    id, turn_error{.message = "no information about model " + core_.config.model + ": " + reason});
  out.emit(id, task_complete{});
  core_.config.model = core_.model.info->slug;
  proceed(out);
}

void session::start_turn(std::string id, user_input input, effects& out) {
  tell_settings(id, out);
  state_ = thread_state::running;
  state_since_ = std::chrono::system_clock::now();
  ++turns_;
  turn_ = std::make_unique<turn_machine>(core_, std::move(id), std::move(input));
  turn_->begin(out);
  after_turn_step(out);
}

void session::tell_settings(const std::string& turn, effects& out) {
  if (!seeded_) {
    for (const auto& item : initial_context(core_.facts()))
      core_.record(item, turn, out);
    seeded_ = true;
  } else {
    auto before = core_.facts();
    before.cwd = told_.cwd;
    before.sandbox = &told_.sandbox;
    before.approval = told_.approval;
    for (const auto& item : settings_update(before, core_.facts()))
      core_.record(item, turn, out);
  }
  const auto& other = previous_model_.empty() ? told_.model : previous_model_;
  if (other != core_.model.info->slug && !core_.model.info->base_instructions.empty())
    core_.record(model_switch_message(core_.model.info->base_instructions.view()), turn, out);
  previous_model_.clear();
  remember_settings();
}

void session::remember_settings() {
  told_ = {.cwd = core_.config.cwd,
           .sandbox = core_.config.sandbox_policy,
           .approval = core_.config.approval_policy,
           .model = core_.model.info->slug};
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
  turn_->interrupt(out);
}

void session::finish_shutdown(effects& out) {
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
  } else if (waits_for_model_) {
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
