#pragma once

#include "actors/codex_thread/context_builder.hpp"
#include "actors/codex_thread/effects.hpp"
#include "actors/codex_thread/history.hpp"
#include "actors/codex_thread/token_accounts.hpp"
#include "messages/thread_info.hpp"

#include <chrono>
#include <cstdint>
#include <random>
#include <string>

namespace troupe::codex_thread {

/// What a thread knows beyond a single turn. The session owns it; a turn works on it. Pure.
struct session_core {
  thread_id id;
  thread_config config; ///< current settings; a turn's overrides persist here
  model_facts model;
  shared_text tools_json; ///< tools offered with the current model
  std::string tmpdir;     ///< $TMPDIR of this process
  troupe::codex_thread::history history;
  token_accounts tokens;
  std::string rollout_path;
  stream_number last_stream = 0;
  std::minstd_rand
    jitter; ///< seeded from the thread id: back-off differs between threads, repeats per thread

  context_facts facts() const {
    return {.cwd = config.cwd,
            .shell = config.shell,
            .tmpdir = tmpdir,
            .sandbox = &config.sandbox_policy,
            .approval = config.approval_policy,
            .user_instructions = config.user_instructions,
            .developer_instructions = config.developer_instructions};
  }

  /// Into history and rollout; with an event for those who follow raw items.
  void record(const response_item& item, const std::string& turn, effects& out) {
    history.record(item, model.info->truncation_policy);
    if (item.kind == item_kind::other)
      return;
    out.write(line_kind::item, item.json);
    out.emit(turn, raw_response_item{item});
  }
};

/// The `turn_context` line of a rollout (contract rollouts.md 3.2) for the current settings.
std::string turn_context_json(const session_core& core, const shared_text& output_schema_json);

/// The request for one sampling attempt, without a turn's own parts (input, schema, turn state).
model_request base_request(const session_core& core);

/// What the turn's tools run with.
tool_context make_tool_context(const session_core& core);

} // namespace troupe::codex_thread
