#include "actors/codex_thread/compaction_history.hpp"

#include "actors/codex_thread/token_estimate.hpp"
#include "actors/tool_runner/output_truncation.hpp"
#include "messages/json/item_json.hpp"
#include "messages/json/item_texts.hpp"
#include "messages/json/writer.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace troupe::codex_thread {

const std::string_view summary_prefix =
  "Another model has worked on this task up to here and left the hand-over note below. Everything "
  "its tools have created or started is still there. Build on that work; do not begin again.";

const std::string_view default_compact_prompt =
  "The conversation so far is about to be replaced by what you write now, and another model will "
  "carry on with nothing else to go by. Write a hand-over note for it:\n"
  "- what has been done and decided so far, and why\n"
  "- what it must know: context, constraints, the user's wishes\n"
  "- what remains to be done, step by step\n"
  "- the facts it needs for that: files, commands, results, references\n"
  "Be brief and keep to this order. Call no tools.";

namespace {

bool is_summary(std::string_view text) {
  return text.starts_with(summary_prefix) && text.substr(summary_prefix.size()).starts_with('\n');
}

std::optional<std::string> last_answer(std::span<const response_item> items) {
  for (auto it = items.rbegin(); it != items.rend(); ++it)
    if (auto text = last_output_text(*it))
      return text;
  return std::nullopt;
}

void append_ghosts(std::vector<response_item>& to, std::span<const response_item> from) {
  std::copy_if(from.begin(), from.end(), std::back_inserter(to),
               [](const response_item& x) { return x.kind == item_kind::ghost_snapshot; });
}

/// What a provider may put into a history: its own items and what the user said. Contexts and
/// instructions are written afresh.
bool survives_compaction(const response_item& x) {
  if (x.kind == item_kind::other)
    return false;
  if (x.kind != item_kind::message)
    return true;
  return x.role == "user" ? is_user_message(x) : x.role != "developer";
}

} // namespace

std::string summary_text(std::span<const response_item> history,
                         std::span<const response_item> output) {
  auto answer = last_answer(output);
  if (!answer)
    answer = last_answer(history);
  return std::string{summary_prefix} + '\n' + answer.value_or("");
}

std::vector<response_item> recent_user_messages(std::span<const response_item> items) {
  std::vector<response_item> kept;
  auto left = compaction_user_tokens;
  for (auto it = items.rbegin(); it != items.rend() && left > 0; ++it) {
    if (!is_user_message(*it))
      continue;
    const auto text = user_text(*it);
    if (is_summary(text))
      continue;
    const auto tokens = estimated_tokens(std::string_view{text});
    if (tokens > left) {
      kept.push_back(make_message(
        "user",
        tool_runner::truncate_text(text, {.mode = truncation_mode::tokens, .limit = left})));
      break;
    }
    left -= tokens;
    kept.push_back(make_message("user", text));
  }
  std::reverse(kept.begin(), kept.end());
  return kept;
}

std::vector<response_item> locally_compacted(std::vector<response_item> initial_context,
                                             std::span<const response_item> items,
                                             std::string_view summary) {
  auto result = std::move(initial_context);
  auto messages = recent_user_messages(items);
  std::move(messages.begin(), messages.end(), std::back_inserter(result));
  result.push_back(make_message("user", summary.empty() ? no_summary : summary));
  append_ghosts(result, items);
  return result;
}

history trimmed_to(std::optional<std::int64_t> window, std::string_view instructions, history x) {
  if (!window)
    return x;
  auto tokens = estimated_tokens(instructions, x.items());
  while (tokens > *window && !x.empty() && is_client_made(x.items().back()))
    for (const auto& dropped : x.drop_newest())
      tokens -= estimated_tokens(dropped);
  return x;
}

std::vector<response_item> remotely_compacted(std::vector<response_item> initial_context,
                                              std::span<const response_item> items,
                                              std::vector<response_item> output) {
  auto result = std::move(output);
  std::erase_if(result, [](const response_item& x) { return !survives_compaction(x); });
  const auto last_user = std::find_if(result.rbegin(), result.rend(), is_user_message);
  const auto place = last_user == result.rend() ? result.end() : std::prev(last_user.base());
  result.insert(place, std::make_move_iterator(initial_context.begin()),
                std::make_move_iterator(initial_context.end()));
  append_ghosts(result, items);
  return result;
}

std::string compacted_line_json(std::string_view message,
                                std::optional<std::span<const response_item>> replacement) {
  std::string json;
  json_writer out{json};
  out.begin_object().member("message", message);
  if (replacement) {
    out.key("replacement_history").begin_array();
    for (const auto& item : *replacement)
      out.raw(item.json.view());
    out.end_array();
  }
  out.end_object();
  return json;
}

} // namespace troupe::codex_thread
