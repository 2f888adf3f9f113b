#include "actors/codex_thread/turn_machine.hpp"

#include "actors/codex_thread/turn_items.hpp"
#include "actors/common/turn_connection.hpp"
#include "messages/json/event_json.hpp"
#include "messages/json/item_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace troupe::codex_thread {

namespace {

/// Tools that never started because the turn was stopped; the wording is that of contract
/// tools.md 1.6.
constexpr std::string_view never_started = "aborted by user after 0.1s";

} // namespace

turn_machine::turn_machine(session_core& core, std::string id, turn_kind kind, user_input input)
  : core_(core), id_(std::move(id)), kind_(kind), input_(std::move(input)),
    context_(make_tool_context(core)),
    turn_context_line_(turn_context_json(core, input_.output_schema_json)), attempts_(core, id_),
    items_(id_) {}

void turn_machine::begin(effects& out) {
  out.emit(id_, task_started{.model_context_window = effective_context_window(*core_.model.info),
                             .mode = core_.config.mode});
  out.describe = workspace_question{.turn = id_, .cwd = core_.config.cwd};
  if (kind_ == turn_kind::compact)
    return;
  core_.earlier_reasoning = reasoning_usage::not_counted;
  // Input must not make a history longer that has to be shortened first.
  if (!needs_compaction(core_))
    record_user_input(std::exchange(input_.items, {}), out);
}

void turn_machine::on_workspace(std::string metadata_json, effects& out) {
  if (phase_ != phase::describing)
    return;
  metadata_json_ = std::move(metadata_json);
  if (kind_ == turn_kind::compact || !input_.items.empty())
    compact(out);
  else
    next_request(out);
}

bool turn_machine::steer(user_input input) {
  if (phase_ == phase::flushing || phase_ == phase::over || kind_ == turn_kind::compact)
    return false;
  pending_.push_back(std::move(input));
  return true;
}

void turn_machine::record_user_input(const std::vector<input_item>& items, effects& out) {
  core_.record(make_user_message(items), id_, out);
  const bool has_images = std::ranges::any_of(
    items, [](const auto& x) { return !std::holds_alternative<text_input>(x); });
  if (has_images && images_for(core_) == prompt_images::as_text)
    out.emit(id_, warning{fmt::format("{} takes no images; it gets a text in their place",
                                      core_.model.info->slug)});
  show_item(user_message_item{.id = new_item_id(), .content = items}, id_, out);
}

void turn_machine::compact(effects& out) {
  phase_ = phase::compacting;
  compaction_.emplace(core_,
                      compaction_cause{.turn = id_,
                                       .connection = compaction_connection(id_, ++compactions_),
                                       .turn_metadata = metadata_json_,
                                       .turn_context_line = turn_context_line_});
  compaction_->begin(out);
  after_compaction_step(out);
}

void turn_machine::after_compaction_step(effects& out) {
  const auto state = compaction_->state();
  if (state == compaction_state::running)
    return;
  compaction_.reset();
  if (state == compaction_state::failed || kind_ == turn_kind::compact)
    return finish(out);
  if (!input_.items.empty())
    record_user_input(std::exchange(input_.items, {}), out);
  next_request(out);
}

void turn_machine::next_request(effects& out) {
  if (++requests_ > max_requests)
    return fail(
      {.message = fmt::format("the turn made {} model requests and was stopped", max_requests),
       .info = error_class::other,
       .http_status = {}},
      out);
  for (; !pending_.empty(); pending_.pop_front())
    record_user_input(pending_.front().items, out);
  prompt_ = core_.history.for_prompt(images_for(core_));
  if (core_.config.item_ids)
    prompt_ids_ = core_.history.prompt_ids();
  attempts_.renew_budget();
  start_attempt(std::chrono::milliseconds{0}, out);
}

void turn_machine::start_attempt(std::chrono::milliseconds delay, effects& out) {
  out.write(line_kind::context, turn_context_line_);
  items_.drop();
  phase_ = delay.count() > 0 ? phase::retrying : phase::sampling;
  auto request = base_request(core_);
  request.input = prompt_;
  request.input_ids = prompt_ids_;
  request.output_schema_json = input_.output_schema_json;
  request.origin.turn_metadata = metadata_json_;
  attempts_.open(std::move(request), delay, out);
}

std::uint32_t turn_machine::take_credit_due() {
  return compaction_ ? compaction_->take_credit_due() : attempts_.take_credit_due();
}

void turn_machine::on_model_events(model_events& x, effects& out) {
  if (compaction_) {
    compaction_->on_model_events(x, out);
    return after_compaction_step(out);
  }
  if (!attempts_.take(x))
    return;
  phase_ = phase::sampling;
  for (auto& event : x.events) {
    std::visit([this, &out](auto& e) { on_event(e, out); }, event);
    if (attempts_.stream() != x.stream)
      return; // completed; nothing after it counts
  }
}

void turn_machine::on_event(output_item_done& x, effects& out) {
  if (is_tool_call(x.item)) {
    items_.drop();
    core_.record(x.item, id_, out);
    calls_stream_ = attempts_.stream();
    run_tools(calls_.add(x.item), out);
    return write_outcomes(out);
  }
  if (auto text = items_.done(x.item, out))
    last_message_ = std::move(text);
  core_.record(x.item, id_, out);
}

void turn_machine::on_event(server_reasoning_included& x, effects&) {
  core_.earlier_reasoning = x.included ? reasoning_usage::counted : reasoning_usage::not_counted;
}

void turn_machine::on_event(rate_limits_seen& x, effects& out) {
  core_.tokens.merge(x.limits);
  tell_tokens(core_, id_, out);
}

void turn_machine::on_event(models_etag_seen& x, effects& out) {
  out.models_etag = refresh_if_new_etag{core_.config.provider, std::move(x.etag)};
}

void turn_machine::on_event(turn_state_seen& x, effects&) {
  attempts_.keep_turn_state(std::move(x.turn_state));
}

void turn_machine::on_event(websocket_refused&, effects&) {
  give_up_websocket(
    core_); // the stream itself goes on over HTTP (contract responses-client.md 10.6)
}

void turn_machine::on_event(response_completed& x, effects& out) {
  core_.tokens.add(x.usage, effective_context_window(*core_.model.info));
  tell_tokens(core_, id_, out);
  attempts_.close();
  phase_ = phase::running_tools;
  when_tools_are_done(out);
}

void turn_machine::run_tools(const tool_calls::list& ready, effects& out) {
  for (const auto& call : ready) {
    processes_left_ = true;
    out.tools.push_back({.thread = core_.id,
                         .turn = id_,
                         .call_id = call.call_id,
                         .payload = payload_of(call),
                         .name = call.name,
                         .arguments = call_arguments(call),
                         .context = context_});
  }
}

void turn_machine::on_tool_result(stream_number stream, const tool_result& x, effects& out) {
  if (stream != calls_stream_)
    return;
  const auto ready = calls_.answer(x);
  if (!ready)
    return;
  write_outcomes(out);
  if (phase_ != phase::aborting)
    run_tools(*ready, out);
  if (phase_ == phase::running_tools)
    when_tools_are_done(out);
  else if (phase_ == phase::aborting && calls_.all_answered())
    finish_abort(out);
}

void turn_machine::on_tool_stage(const std::string& call_id, call_stage stage) {
  calls_.stage(call_id, stage, std::chrono::system_clock::now());
}

void turn_machine::when_tools_are_done(effects& out) {
  if (!calls_.all_answered())
    return;
  const bool follow_up = !calls_.empty() || !pending_.empty();
  record_outputs(out);
  if (!follow_up)
    return finish(out);
  last_message_.reset(); // the last message is that of the last request
  if (needs_compaction(core_))
    compact(out);
  else
    next_request(out);
}

/// What a tool did is in the rollout before anybody hears of it, and before the calls beside it
/// have ended: a crash in between must not make an outcome unknown. `history_rebuild` restores the
/// order of the calls.
void turn_machine::write_outcomes(effects& out) {
  auto settled = calls_.take_outcomes();
  for (const auto& item : settled.items)
    out.write(line_kind::item, item.json);
  for (auto& msg : settled.events)
    out.emit_when_written(id_, std::move(msg));
}

/// Outputs become part of the conversation in the order of the calls.
void turn_machine::record_outputs(effects& out) {
  std::vector<event_msg> kept;
  for (const auto& item : calls_.take_outputs(kept))
    core_.adopt_written(item, id_, out);
  for (auto& msg : kept)
    out.emit_when_written(id_, std::move(msg));
}

/// The calls of an attempt that is given up: those that have ended keep their outputs, which are
/// written; the others are stopped and end as aborted (contract threads.md 11.2).
void turn_machine::abandon_calls(effects& out) {
  out.cancel_tools = out.cancel_tools || calls_.any_running();
  record_outputs(out);
}

/// Input that no request will carry is kept for the next turn's model (contract threads.md 9.3).
void turn_machine::record_unanswered_input(effects& out) {
  if (!input_.items.empty())
    record_user_input(std::exchange(input_.items, {}), out);
  for (; !pending_.empty(); pending_.pop_front())
    core_.record(make_user_message(pending_.front().items), id_, out);
}

void turn_machine::on_compacted(stream_number number, compacted_history& x, effects& out) {
  if (!compaction_)
    return;
  compaction_->on_compacted(number, x, out);
  after_compaction_step(out);
}

void turn_machine::finish(effects& out) {
  record_unanswered_input(out);
  attempts_.end(out);
  phase_ = phase::flushing;
  out.cancel_tools = out.cancel_tools || processes_left_;
  out.flush = flush_goal::turn_end;
}

void turn_machine::interrupt(abort_reason reason, effects& out) {
  if (!is_working())
    return; // it is ending already
  phase_ = phase::aborting;
  aborted_ = reason;
  if (compaction_)
    compaction_->abandon(out);
  compaction_.reset();
  if (attempts_.stream() != 0)
    out.cancel_stream = true;
  attempts_.close();
  calls_.answer_waiting(never_started);
  write_outcomes(out);
  out.cancel_tools = processes_left_;
  if (calls_.all_answered())
    finish_abort(out);
}

void turn_machine::finish_abort(effects& out) {
  record_outputs(out);
  record_unanswered_input(out);
  if (*aborted_ == abort_reason::interrupted) {
    const auto marker = interrupt_marker();
    core_.history.record(marker, core_.model.info->truncation_policy);
    out.write(line_kind::item, marker.json);
  }
  out.write(line_kind::event, turn_aborted_event_json({*aborted_}));
  attempts_.end(out);
  phase_ = phase::flushing;
  out.flush = flush_goal::turn_end;
}

void turn_machine::on_flushed(const std::string& failure, effects& out) {
  if (phase_ != phase::flushing)
    return;
  phase_ = phase::over;
  if (!failure.empty())
    out.emit(id_, turn_error{.message = "the turn could not be recorded: " + failure,
                             .info = error_class::other,
                             .http_status = {}});
  if (aborted_)
    out.emit(id_, turn_aborted{*aborted_});
  else
    out.emit(id_, task_complete{failure.empty() ? last_message_ : std::nullopt});
}

bool turn_machine::is_working() const {
  switch (phase_) {
  case phase::describing:
  case phase::sampling:
  case phase::retrying:
  case phase::running_tools:
  case phase::compacting: return true;
  case phase::aborting:
  case phase::flushing:
  case phase::over: return false;
  }
  return false;
}

wait_kind turn_machine::waits_for() const {
  switch (phase_) {
  case phase::describing: return wait_kind::workspace;
  case phase::sampling: return wait_kind::model;
  case phase::retrying: return wait_kind::retry_delay;
  case phase::running_tools:
    return calls_.waits_for_place_since() ? wait_kind::command_place : wait_kind::tools;
  case phase::aborting: return wait_kind::tools;
  case phase::compacting: return compaction_ ? compaction_->waits_for() : wait_kind::model;
  case phase::flushing: return wait_kind::rollout;
  case phase::over: return wait_kind::nothing;
  }
  return wait_kind::nothing;
}

std::optional<std::chrono::system_clock::time_point> turn_machine::waits_for_place_since() const {
  return phase_ == phase::running_tools ? calls_.waits_for_place_since() : std::nullopt;
}

} // namespace troupe::codex_thread
