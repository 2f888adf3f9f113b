#pragma once

#include "actors/codex_thread/history.hpp"
#include "messages/item.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What a history becomes when it is compacted (contract responses-client.md 11). Pure.
namespace troupe::codex_thread {

/// Tokens of earlier user messages that a local compaction keeps, newest first.
inline constexpr std::int64_t compaction_user_tokens = 20'000;

/// Stands before every summary: tells the next model what it is, and later compactions that it is
/// no user message.
extern const std::string_view summary_prefix;

/// Stands in when a history is rebuilt from a record without a text.
inline constexpr std::string_view no_summary = "(no summary available)";

/// The built-in request for a summary.
extern const std::string_view default_compact_prompt;

/// The prefix and, on the lines below it, the last assistant text of `output`, else of `history`;
/// the prefix alone when nobody said anything.
std::string summary_text(std::span<const response_item> history,
                         std::span<const response_item> output);

/// The texts of the newest user messages that fit in `compaction_user_tokens`, oldest first, each a
/// message of its own; the one that no longer fits is cut in its middle. Earlier summaries are left
/// out.
std::vector<response_item> recent_user_messages(std::span<const response_item> items);

/// The history after a local compaction: `initial_context`, recent user messages and `summary`,
/// then the ghost snapshots of `items`.
std::vector<response_item> locally_compacted(std::vector<response_item> initial_context,
                                             std::span<const response_item> items,
                                             std::string_view summary);

/// What is sent to a provider that compacts: `x` without the tool outputs and developer messages at
/// its end (outputs with their calls) for as long as it takes more than `window` tokens.
history trimmed_to(std::optional<std::int64_t> window, std::string_view instructions, history x);

/// The history after a remote compaction. Of the provider's `output` everything is kept but
/// developer messages, engine-made user messages and items of unknown type; `initial_context` goes
/// before its last user message, or to the end; the ghost snapshots of `items` come last.
std::vector<response_item> remotely_compacted(std::vector<response_item> initial_context,
                                              std::span<const response_item> items,
                                              std::vector<response_item> output);

/// The payload of the rollout's `compacted` line. Without `replacement` a resumed thread rebuilds
/// its history from `message` (contract rollouts.md 3.3).
std::string compacted_line_json(std::string_view message,
                                std::optional<std::span<const response_item>> replacement);

} // namespace troupe::codex_thread
