#pragma once

#include "messages/models.hpp"

#include <cstddef>
#include <list>
#include <utility>

namespace troupe::models_manager {

/// Answers to `get_model_info` that were given before, so that each instruction text exists once,
/// however many threads use it. Least recently used ones go first; a fleet asks for a handful.
class facts_cache {
public:
  /// Distinct questions: models times sets of overrides. A question that repeats costs a
  /// comparison with each kept one at most.
  static constexpr std::size_t default_max_entries = 64;

  /// `max_entries` is at least 1.
  explicit facts_cache(std::size_t max_entries = default_max_entries) : max_entries_(max_entries) {}

  /// Null when the question is new. Valid until the next `add`.
  const model_facts* find(const get_model_info& question);

  /// `question` must be new.
  const model_facts& add(get_model_info question, model_facts answer);

  std::size_t size() const { return entries_.size(); }

private:
  std::size_t max_entries_;
  std::list<std::pair<get_model_info, model_facts>> entries_; // most recently used first
};

} // namespace troupe::models_manager
