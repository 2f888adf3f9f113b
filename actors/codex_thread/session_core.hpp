#pragma once

#include "actors/codex_thread/context_builder.hpp"
#include "actors/codex_thread/effects.hpp"
#include "actors/codex_thread/history.hpp"
#include "actors/codex_thread/token_accounts.hpp"
#include "actors/codex_thread/token_estimate.hpp"
#include "messages/thread_info.hpp"

#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace troupe::codex_thread {

/// What a thread knows beyond a single turn. The session owns it; a turn works on it. Pure.
struct session_core {
  thread_id id;
  thread_config config;           ///< current settings; a turn's overrides persist here
  model_facts model;              ///< as it was known when the last turn began
  shared_text instructions;       ///< of the session: they stay when the model changes
  shared_text instructions_json;  ///< the same as a JSON string
  troupe::sandbox_policy sandbox; ///< what counts of the configured one for the current identity
  shared_text tools_json;         ///< tools offered with the current model and identity
  std::string tmpdir;             ///< $TMPDIR of this process
  troupe::codex_thread::history history;
  token_accounts tokens;
  reasoning_usage earlier_reasoning = reasoning_usage::not_counted; ///< as the provider said last
  std::string rollout_path;
  stream_number last_stream = 0;
  std::minstd_rand
    jitter; ///< seeded from the thread id: back-off differs between threads, repeats per thread

  /// Refers to this object.
  context_facts facts() const;

  /// Into history and rollout; with an event for those who follow raw items.
  void record(const response_item& item, const std::string& turn, effects& out) {
    history.record(item, model.info->truncation_policy);
    if (item.kind == item_kind::other)
      return;
    out.write(line_kind::item, item.json);
    out.emit(turn, raw_response_item{item});
  }

  /// The same for an item whose line was written before.
  void adopt_written(const response_item& item, const std::string& turn, effects& out) {
    history.record(item, model.info->truncation_policy);
    out.emit_when_written(turn, raw_response_item{item});
  }
};

/// Usage and rate limits as they are now, into the rollout and to the subscribers.
void tell_tokens(const session_core& core, const std::string& turn, effects& out);

/// The context window is exceeded: all of it counts as used from now on.
void mark_window_full(session_core& core, const std::string& turn, effects& out);

/// Tokens that the conversation takes now, as far as that is known.
std::int64_t tokens_in_use(const session_core& core);

/// Whether the history is to be compacted before the model is asked again (contract
/// responses-client.md 11.1).
bool needs_compaction(const session_core& core);

/// The thread uses plain HTTP for as long as it stays with its provider.
void give_up_websocket(session_core& core);

/// Requests go to that provider, over a WebSocket where it has one and a feature of the thread
/// wants it.
void adopt_provider(thread_config& config, const thread_provider& x);

bool has_feature(const thread_config& x, std::string_view name);

/// The `turn_context` line of a rollout (contract rollouts.md 3.2) for the current settings.
std::string turn_context_json(const session_core& core, const shared_text& output_schema_json);

/// The request for one sampling attempt, without a turn's own parts (input, schema, turn state).
model_request base_request(const session_core& core);

/// What the current model gets of the images in the history.
prompt_images images_for(const session_core& core);

/// What the turn's tools run with.
tool_context make_tool_context(const session_core& core);

} // namespace troupe::codex_thread
