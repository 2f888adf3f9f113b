#include "actors/codex_thread/compaction.hpp"

#include "actors/codex_thread/compaction_history.hpp"
#include "actors/codex_thread/streamed_items.hpp"
#include "actors/codex_thread/turn_items.hpp"
#include "messages/json/item_json.hpp"

#include <fmt/format.h>

#include <utility>

namespace troupe::codex_thread {

namespace {

constexpr std::string_view accuracy_warning =
  "The conversation was compacted. Long threads and repeated compactions make answers less "
  "accurate; where possible, begin a new thread for a new task.";

constexpr std::string_view remote_failure = "Error running remote compact task: ";

response_item prompt_message(const thread_config& config) {
  return make_message("user", config.compact_prompt.empty() ? default_compact_prompt
                                                            : config.compact_prompt.view());
}

} // namespace

compaction::compaction(session_core& core, compaction_cause cause)
  : core_(core), cause_(std::move(cause)), item_id_(new_item_id()),
    attempts_(core, cause_.connection) {}

void compaction::begin(effects& out) {
  out.emit(cause_.turn, item_started{context_compaction_item{item_id_}});
  if (core_.config.remote_compaction)
    return ask_provider(out);
  out.write(line_kind::context, cause_.turn_context_line);
  source_ = core_.history;
  attempt(std::chrono::milliseconds{0}, out);
}

void compaction::attempt(std::chrono::milliseconds delay, effects& out) {
  delayed_ = delay.count() > 0;
  output_.clear();
  auto request = base_request(core_);
  request.tools_json = shared_text{"[]"};
  request.parallel_tool_calls = false;
  request.origin.turn_metadata = cause_.turn_metadata;
  request.input = source_.for_prompt(images_for(core_));
  request.input.push_back(prompt_message(core_.config).json);
  if (core_.config.item_ids) {
    request.input_ids = source_.prompt_ids();
    request.input_ids.emplace_back();
  }
  attempts_.open(std::move(request), delay, out);
}

void compaction::on_model_events(model_events& x, effects& out) {
  if (!attempts_.take(x))
    return;
  delayed_ = false;
  for (auto& event : x.events) {
    take(event, out);
    if (attempts_.stream() == 0)
      return; // completed; nothing after it counts
  }
}

void compaction::take(model_event& x, effects& out) {
  if (auto* done = std::get_if<output_item_done>(&x)) {
    output_.push_back(std::move(done->item));
  } else if (const auto* reasoning = std::get_if<server_reasoning_included>(&x)) {
    core_.earlier_reasoning =
      reasoning->included ? reasoning_usage::counted : reasoning_usage::not_counted;
  } else if (const auto* limits = std::get_if<rate_limits_seen>(&x)) {
    core_.tokens.merge(limits->limits);
    tell_tokens(core_, cause_.turn, out);
  } else if (auto* sticky = std::get_if<turn_state_seen>(&x)) {
    attempts_.keep_turn_state(std::move(sticky->turn_state));
  } else if (std::holds_alternative<websocket_refused>(x)) {
    give_up_websocket(core_);
  } else if (const auto* end = std::get_if<response_completed>(&x)) {
    attempts_.close();
    core_.tokens.add(end->usage, effective_context_window(*core_.model.info));
    tell_tokens(core_, cause_.turn, out);
    summarised(out);
  }
}

void compaction::on_stream_ended(const stream_ended& x, effects& out) {
  if (attempts_.is_current(x.stream))
    retry_or_fail(x.error ? *x.error : closed_early(), out);
}

void compaction::on_open_failed(const model_error& x, effects& out) {
  if (attempts_.stream() != 0)
    retry_or_fail(x, out);
}

void compaction::retry_or_fail(const model_error& x, effects& out) {
  attempts_.close();
  if (x.code == model_errc::context_window_exceeded) {
    if (source_.for_prompt().empty()) {
      mark_window_full(core_, cause_.turn, out);
      return fail(to_turn_error(x), out);
    }
    source_.drop_oldest();
    ++dropped_;
    attempts_.renew_budget();
    return attempt(std::chrono::milliseconds{0}, out);
  }
  // Every other error is tried again, also those that end a turn (contract responses-client.md
  // 11.2): without a summary the thread cannot go on.
  if (const auto delay = attempts_.retry(x, requested_delays::ignored, cause_.turn, out))
    attempt(*delay, out);
  else
    fail(to_turn_error(x), out);
}

void compaction::summarised(effects& out) {
  if (dropped_ > 0)
    out.emit(cause_.turn,
             background_event{fmt::format("Left out the {} oldest item(s) of the conversation, so "
                                          "that its summary fits the model's context window.",
                                          dropped_)});
  const auto& items = core_.history.items();
  const auto summary = summary_text(items, output_);
  replace_history(locally_compacted(initial_context(core_.facts()), items, summary), out);
  out.write(line_kind::compacted, compacted_line_json(summary, std::nullopt));
  complete(out);
  out.emit(cause_.turn, warning{std::string{accuracy_warning}});
}

void compaction::ask_provider(effects& out) {
  const auto source = trimmed_to(effective_context_window(*core_.model.info),
                                 core_.instructions.view(), core_.history);
  auto input = source.for_prompt(images_for(core_));
  if (input.empty())
    return compacted({}, out);
  auto like = base_request(core_);
  call_ = ++core_.last_stream;
  out.compact = compaction_call{.number = call_,
                                .request = {.thread = core_.id,
                                            .provider = std::move(like.provider),
                                            .model = std::move(like.model),
                                            .instructions_json = std::move(like.instructions_json),
                                            .input = std::move(input),
                                            .subagent = std::move(like.origin.subagent),
                                            .turn = cause_.turn}};
}

void compaction::on_compacted(stream_number number, compacted_history& x, effects& out) {
  if (number != call_ || call_ == 0)
    return;
  call_ = 0;
  if (!x.error)
    return compacted(std::move(x.output), out);
  auto error = to_turn_error(*x.error);
  error.message.insert(0, remote_failure);
  fail(std::move(error), out);
}

void compaction::compacted(std::vector<response_item> output, effects& out) {
  replace_history(
    remotely_compacted(initial_context(core_.facts()), core_.history.items(), std::move(output)),
    out);
  out.write(line_kind::compacted, compacted_line_json({}, core_.history.items()));
  complete(out);
}

void compaction::replace_history(const std::vector<response_item>& items, effects& out) {
  core_.history.replace(items, core_.model.info->truncation_policy);
  core_.tokens.recount(estimated_tokens(core_.instructions.view(), core_.history.items()),
                       effective_context_window(*core_.model.info));
  tell_tokens(core_, cause_.turn, out);
}

void compaction::complete(effects& out) {
  state_ = compaction_state::completed;
  attempts_.end(out);
  complete_item(context_compaction_item{item_id_}, cause_.turn, out);
}

void compaction::fail(turn_error error, effects& out) {
  state_ = compaction_state::failed;
  attempts_.end(out);
  out.emit(cause_.turn, std::move(error));
}

void compaction::abandon(effects& out) {
  if (attempts_.stream() != 0)
    out.cancel_stream = true;
  attempts_.close();
  attempts_.end(out);
  call_ = 0;
  state_ = compaction_state::failed;
}

} // namespace troupe::codex_thread
