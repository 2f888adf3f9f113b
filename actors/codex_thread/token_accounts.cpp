#include "actors/codex_thread/token_accounts.hpp"

#include <algorithm>

namespace troupe::codex_thread {

void token_accounts::add(const std::optional<token_usage>& usage,
                         std::optional<std::int64_t> window) {
  if (!usage)
    return;
  if (!usage_)
    usage_ = token_usage_info{.total = {}, .last = {}, .model_context_window = window};
  usage_->total += *usage;
  usage_->last = *usage;
}

void token_accounts::recount(std::int64_t estimate, std::optional<std::int64_t> window) {
  if (!usage_)
    usage_.emplace();
  usage_->last = {};
  usage_->last.total_tokens = estimate;
  if (!usage_->model_context_window)
    usage_->model_context_window = window;
}

void token_accounts::mark_full(std::int64_t window) {
  const auto before = total().total_tokens;
  token_usage_info full;
  full.total.total_tokens = window;
  full.last.total_tokens = std::max<std::int64_t>(window - before, 0);
  full.model_context_window = window;
  usage_ = full;
}

void token_accounts::merge(const rate_limits& seen) {
  auto merged = seen;
  if (limits_) {
    if (!merged.credits)
      merged.credits = limits_->credits;
    if (!merged.plan_type)
      merged.plan_type = limits_->plan_type;
  }
  limits_ = std::move(merged);
}

} // namespace troupe::codex_thread
