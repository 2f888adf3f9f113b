#pragma once

#include "messages/event.hpp"

#include <cstdint>
#include <optional>

namespace troupe::codex_thread {

/// What a thread has used and what the provider said about limits (contract threads.md 17.4). Pure.
class token_accounts {
public:
  /// One response completed. Without usage nothing changes. `window` is kept from the first call
  /// on.
  void add(const std::optional<token_usage>& usage, std::optional<std::int64_t> window);

  /// The history was replaced: `estimate` tokens are what it takes now. The totals stay.
  void recount(std::int64_t estimate, std::optional<std::int64_t> window);

  /// The context window turned out to be full: all of it counts as used.
  void mark_full(std::int64_t window);

  /// A new snapshot replaces the old one; credits and plan are inherited where it has none.
  void merge(const rate_limits& seen);

  /// Takes over what a rollout recorded last.
  void restore(const token_usage_info& recorded) { usage_ = recorded; }

  token_count snapshot() const { return {.usage = usage_, .rate_limits = limits_}; }
  token_usage total() const { return usage_ ? usage_->total : token_usage{}; }
  token_usage last() const { return usage_ ? usage_->last : token_usage{}; }

private:
  std::optional<token_usage_info> usage_;
  std::optional<rate_limits> limits_;
};

} // namespace troupe::codex_thread
