#pragma once

#include "messages/event.hpp"
#include "messages/item.hpp"
#include "messages/rollout.hpp"

#include <optional>
#include <string>
#include <vector>

/// What a stored thread's lines say about it (contract threads.md 8.2, 8.5). Pure.
namespace troupe::codex_thread {

struct rebuilt_session {
  std::vector<response_item> items; ///< history, before truncation
  std::vector<shared_text> event_messages_json;
  std::optional<token_usage_info> usage;
  std::string model;             ///< of the last turn context; empty: none recorded
  shared_text base_instructions; ///< of the first session meta that has them
  std::optional<thread_id> forked_from;
};

/// `initial_context` stands in where a compaction without a stored history starts from scratch.
rebuilt_session rebuild(const std::vector<rollout_line>& lines,
                        const std::vector<response_item>& initial_context);

/// The payload of the last turn context; empty when there is none.
shared_text last_turn_context(const std::vector<rollout_line>& lines);

} // namespace troupe::codex_thread
