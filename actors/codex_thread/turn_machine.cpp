#include "actors/codex_thread/turn_machine.hpp"

#include "actors/codex_thread/turn_items.hpp"
#include "messages/json/event_json.hpp"
#include "messages/json/item_json.hpp"
#include "net/wire/backoff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace troupe::codex_thread {

namespace {

/// Tools that never started because the turn was stopped; the wording is that of contract
/// tools.md 1.6.
constexpr std::string_view never_started = "aborted by user after 0.1s";

tool_payload payload_of(const response_item& call) {
  if (call.kind == item_kind::custom_tool_call)
    return tool_payload::custom;
  if (call.kind == item_kind::local_shell_call)
    return tool_payload::local_shell;
  return tool_payload::function;
}

void set_item_id(turn_item& item, const std::string& id) {
  std::visit([&id](auto& x) { x.id = id; }, item);
}

} // namespace

turn_machine::turn_machine(session_core& core, std::string id, user_input input)
  : core_(core), id_(std::move(id)), input_(std::move(input)), context_(make_tool_context(core)),
    turn_context_line_(turn_context_json(core, input_.output_schema_json)) {}

void turn_machine::begin(effects& out) {
  out.emit(id_, task_started{effective_context_window(*core_.model.info)});
  record_user_input(input_, out);
  next_request(out);
}

bool turn_machine::steer(user_input input) {
  if (pending_.size() >= max_pending_inputs)
    return false;
  pending_.push_back(std::move(input));
  return true;
}

void turn_machine::record_user_input(const user_input& input, effects& out) {
  core_.record(make_user_message(input.items), id_, out);
  turn_item item = user_message_item{.id = new_item_id(), .content = input.items};
  out.emit(id_, item_started{item});
  for (auto& line : legacy_lines(item))
    out.lines.push_back(std::move(line));
  out.emit(id_, item_completed{std::move(item)});
}

void turn_machine::next_request(effects& out) {
  if (++requests_ > max_requests)
    return fail(
      {.message = fmt::format("the turn made {} model requests and was stopped", max_requests),
       .info = error_class::other,
       .http_status = {}},
      out);
  for (; !pending_.empty(); pending_.pop_front())
    record_user_input(pending_.front(), out);
  prompt_ = core_.history.for_prompt();
  retries_ = 0;
  start_attempt(std::chrono::milliseconds{0}, out);
}

void turn_machine::start_attempt(std::chrono::milliseconds delay, effects& out) {
  out.write(line_kind::context, turn_context_line_);
  calls_.clear();
  gate_ = {};
  item_active_ = false;
  used_credit_ = 0;
  stream_ = ++core_.last_stream;
  phase_ = delay.count() > 0 ? phase::retrying : phase::sampling;
  auto request = base_request(core_);
  request.input = prompt_;
  request.output_schema_json = input_.output_schema_json;
  request.turn_state = turn_state_;
  out.open = open_stream{
    .stream = stream_, .request = std::move(request), .delay = delay, .credit = stream_window};
}

std::uint32_t turn_machine::take_credit_due() {
  if (stream_ == 0 || used_credit_ < stream_window / 2)
    return 0;
  return std::exchange(used_credit_, 0);
}

void turn_machine::on_model_events(model_events& x, effects& out) {
  if (x.stream != stream_ || stream_ == 0)
    return;
  phase_ = phase::sampling;
  ++used_credit_;
  for (auto& event : x.events) {
    std::visit([this, &out](auto& e) { on_event(e, out); }, event);
    if (stream_ == 0)
      return; // completed; nothing after it counts
  }
}

void turn_machine::on_event(output_item_added& x, effects& out) {
  auto item = to_turn_item(x.item);
  if (!item)
    return;
  active_item_ = x.item.id.empty() && x.item.kind == item_kind::message ? new_item_id() : x.item.id;
  item_active_ = true;
  set_item_id(*item, active_item_);
  out.emit(id_, item_started{std::move(*item)});
}

void turn_machine::on_event(output_item_done& x, effects& out) {
  const bool was_active = std::exchange(item_active_, false);
  if (is_tool_call(x.item))
    return on_tool_call(x.item, out);
  if (auto item = to_turn_item(x.item)) {
    const bool needs_id = x.item.id.empty() && x.item.kind == item_kind::message;
    set_item_id(*item, was_active ? active_item_ : needs_id ? new_item_id() : x.item.id);
    if (!was_active)
      out.emit(id_, item_started{*item});
    if (const auto* message = std::get_if<agent_message_item>(&*item);
        message && !message->text.empty())
      last_message_ = message->text;
    for (auto& line : legacy_lines(*item))
      out.lines.push_back(std::move(line));
    out.emit(id_, item_completed{std::move(*item)});
  }
  core_.record(x.item, id_, out);
}

void turn_machine::on_event(output_text_delta& x, effects& out) {
  if (item_active_)
    out.emit(id_, agent_message_delta{.item_id = active_item_, .delta = std::move(x.delta)});
}

void turn_machine::on_event(reasoning_summary_delta& x, effects& out) {
  if (item_active_)
    out.emit(id_, reasoning_delta{.item_id = active_item_,
                                  .delta = std::move(x.delta),
                                  .summary_index = x.summary_index});
}

void turn_machine::on_event(reasoning_text_delta& x, effects& out) {
  if (item_active_)
    out.emit(id_, reasoning_raw_delta{.item_id = active_item_,
                                      .delta = std::move(x.delta),
                                      .content_index = x.content_index});
}

void turn_machine::on_event(reasoning_part_added& x, effects& out) {
  if (item_active_)
    out.emit(id_,
             reasoning_section_break{.item_id = active_item_, .summary_index = x.summary_index});
}

void turn_machine::on_event(rate_limits_seen& x, effects& out) {
  core_.tokens.merge(x.limits);
  emit_tokens(out);
}

void turn_machine::on_event(turn_state_seen& x, effects&) {
  if (turn_state_.empty()) // the first one of the turn counts (contract responses-client.md 4.2)
    turn_state_ = std::move(x.turn_state);
}

void turn_machine::on_event(response_completed& x, effects& out) {
  core_.tokens.add(x.usage, effective_context_window(*core_.model.info));
  emit_tokens(out);
  stream_ = 0;
  phase_ = phase::running_tools;
  when_tools_are_done(out);
}

void turn_machine::emit_tokens(effects& out) {
  auto count = core_.tokens.snapshot();
  out.write(line_kind::event, token_count_event_json(count));
  out.emit(id_, std::move(count));
}

void turn_machine::on_tool_call(const response_item& item, effects& out) {
  core_.record(item, id_, out);
  calls_stream_ = stream_;
  auto& slot = calls_.emplace_back();
  slot.call = item;
  if (item.call_id.empty()) {
    // Nobody could say which call an output belongs to (contract threads.md 11.2).
    slot.result = tool_result{.call_id = {},
                              .output = "LocalShellCall without call_id or id",
                              .success = false,
                              .notes = {}};
    return;
  }
  slot.overlap = overlap_of(item.name);
  std::vector<std::size_t> ready;
  gate_.arrive(calls_.size() - 1, slot.overlap, ready);
  start_tools(ready, out);
}

void turn_machine::start_tools(const std::vector<std::size_t>& ready, effects& out) {
  for (auto index : ready) {
    auto& slot = calls_[index];
    slot.running = true;
    processes_left_ = true;
    out.tools.push_back({.thread = core_.id,
                         .turn = id_,
                         .call_id = slot.call.call_id,
                         .payload = payload_of(slot.call),
                         .name = slot.call.name,
                         .arguments = call_arguments(slot.call),
                         .context = context_});
  }
}

void turn_machine::on_tool_result(stream_number stream, const tool_result& x, effects& out) {
  if (stream != calls_stream_)
    return;
  auto slot = std::find_if(calls_.begin(), calls_.end(), [&x](const call_slot& c) {
    return c.running && c.call.call_id == x.call_id;
  });
  if (slot == calls_.end())
    return;
  slot->running = false;
  slot->result = x;
  std::vector<std::size_t> ready;
  gate_.leave(slot->overlap, ready);
  if (phase_ != phase::aborting)
    start_tools(ready, out);
  if (phase_ == phase::running_tools)
    when_tools_are_done(out);
  else if (phase_ == phase::aborting && all_tools_done())
    finish_abort(out);
}

bool turn_machine::all_tools_done() const {
  return std::all_of(calls_.begin(), calls_.end(),
                     [](const call_slot& x) { return x.result.has_value(); });
}

void turn_machine::when_tools_are_done(effects& out) {
  if (!all_tools_done())
    return;
  const bool follow_up = !calls_.empty() || !pending_.empty();
  record_outputs(out);
  if (follow_up) {
    last_message_.reset(); // the last message is that of the last request
    next_request(out);
  } else {
    finish(out);
  }
}

void turn_machine::record_outputs(effects& out) {
  for (const auto& slot : calls_) {
    for (const auto& note : slot.result->notes)
      core_.record(make_message("user", note), id_, out);
    core_.record(make_tool_output(slot.call, slot.result->output), id_, out);
  }
  calls_.clear();
}

void turn_machine::on_stream_ended(const stream_ended& x, effects& out) {
  if (x.stream != stream_ || stream_ == 0)
    return;
  if (!x.error)
    return retry_or_fail({.code = model_errc::stream,
                          .message = "stream disconnected before completion: stream closed before "
                                     "response.completed",
                          .retry_after = {},
                          .http_status = {}},
                         out);
  if (x.limits) {
    core_.tokens.merge(*x.limits);
    emit_tokens(out);
  }
  retry_or_fail(*x.error, out);
}

void turn_machine::on_open_failed(const model_error& x, effects& out) {
  if (phase_ == phase::sampling || phase_ == phase::retrying)
    retry_or_fail(x, out);
}

void turn_machine::retry_or_fail(const model_error& x, effects& out) {
  stream_ = 0;
  if (std::any_of(calls_.begin(), calls_.end(), [](const call_slot& c) { return c.running; }))
    out.cancel_tools =
      true; // their outputs belong to an attempt that is given up (contract threads.md 11.2)
  calls_.clear();
  const auto limit = core_.config.stream_max_retries;
  if (!may_retry(x.code) || retries_ >= limit) {
    if (x.code == model_errc::context_window_exceeded) {
      if (auto window = effective_context_window(*core_.model.info))
        core_.tokens.mark_full(*window);
      emit_tokens(out);
    }
    return fail(to_turn_error(x), out);
  }
  ++retries_;
  out.emit(id_, stream_error{.message = fmt::format("Reconnecting... {}/{}", retries_, limit),
                             .http_status = x.http_status,
                             .additional_details = x.message});
  std::uniform_real_distribution<double> jitter{net::backoff_jitter_low, net::backoff_jitter_high};
  const auto delay = x.retry_after ? std::min(*x.retry_after, max_requested_delay)
                                   : net::backoff_delay(retries_, jitter(core_.jitter));
  start_attempt(delay, out);
}

void turn_machine::fail(turn_error error, effects& out) {
  out.emit(id_, std::move(error));
  last_message_.reset();
  finish(out);
}

void turn_machine::finish(effects& out) {
  // Input that came too late for another request is kept for the next turn's model (contract
  // threads.md 9.3).
  for (; !pending_.empty(); pending_.pop_front())
    core_.record(make_user_message(pending_.front().items), id_, out);
  phase_ = phase::flushing;
  out.cancel_tools = out.cancel_tools || processes_left_;
  out.flush = flush_goal::turn_end;
}

void turn_machine::interrupt(effects& out) {
  if (!takes_input())
    return; // it is ending already
  phase_ = phase::aborting;
  aborted_ = true;
  pending_.clear();
  if (std::exchange(stream_, 0) != 0)
    out.cancel_stream = true;
  for (auto index : gate_.drop_waiting()) {
    auto& slot = calls_[index];
    slot.result = tool_result{.call_id = slot.call.call_id,
                              .output = std::string{never_started},
                              .success = false,
                              .notes = {}};
  }
  out.cancel_tools = processes_left_;
  if (all_tools_done())
    finish_abort(out);
}

void turn_machine::finish_abort(effects& out) {
  record_outputs(out);
  const auto marker = interrupt_marker();
  core_.history.record(marker, core_.model.info->truncation_policy);
  out.write(line_kind::item, marker.json);
  out.write(line_kind::event, turn_aborted_event_json({abort_reason::interrupted}));
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
    out.emit(id_, turn_aborted{abort_reason::interrupted});
  else
    out.emit(id_, task_complete{failure.empty() ? last_message_ : std::nullopt});
}

wait_kind turn_machine::waits_for() const {
  switch (phase_) {
  case phase::sampling: return wait_kind::model;
  case phase::retrying: return wait_kind::retry_delay;
  case phase::running_tools:
  case phase::aborting: return wait_kind::tools;
  case phase::flushing: return wait_kind::rollout;
  case phase::over: return wait_kind::nothing;
  }
  return wait_kind::nothing;
}

} // namespace troupe::codex_thread
