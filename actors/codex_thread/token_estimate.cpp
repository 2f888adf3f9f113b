#include "actors/codex_thread/token_estimate.hpp"

#include "actors/tool_runner/output_truncation.hpp"
#include "messages/json/item_texts.hpp"

#include <algorithm>

namespace troupe::codex_thread {

namespace {

/// Encrypted content is base64 around a fixed amount of its own (contract responses-client.md 9.5).
constexpr std::size_t encryption_overhead_bytes = 650;

std::int64_t tokens_of(std::size_t bytes) {
  return static_cast<std::int64_t>(tool_runner::estimated_tokens(bytes));
}

} // namespace

std::int64_t estimated_tokens(std::string_view text) {
  return tokens_of(text.size());
}

std::int64_t estimated_tokens(const response_item& item) {
  if (item.kind == item_kind::ghost_snapshot)
    return 0;
  if (const auto encrypted = encrypted_bytes(item)) {
    const auto plain = *encrypted * 3 / 4;
    return tokens_of(plain - std::min(plain, encryption_overhead_bytes));
  }
  return tokens_of(item.json.size());
}

std::int64_t estimated_tokens(std::string_view instructions, std::span<const response_item> items) {
  auto sum = estimated_tokens(instructions);
  for (const auto& item : items)
    sum += estimated_tokens(item);
  return sum;
}

bool is_client_made(const response_item& x) {
  return is_tool_output(x) || (x.kind == item_kind::message && x.role == "developer");
}

std::int64_t current_usage(std::int64_t reported, std::span<const response_item> items,
                           reasoning_usage earlier) {
  auto sum = reported;
  for (auto it = items.rbegin(); it != items.rend() && is_client_made(*it); ++it)
    sum += estimated_tokens(*it);
  if (earlier == reasoning_usage::counted)
    return sum;
  const auto last_user = std::find_if(items.rbegin(), items.rend(), [](const response_item& x) {
    return x.kind == item_kind::message && x.role == "user";
  });
  for (auto it = last_user; it != items.rend(); ++it)
    if (it->kind == item_kind::reasoning && encrypted_bytes(*it))
      sum += estimated_tokens(*it);
  return sum;
}

} // namespace troupe::codex_thread
