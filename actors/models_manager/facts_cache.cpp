#include "actors/models_manager/facts_cache.hpp"

#include <algorithm>

namespace troupe::models_manager {

const model_facts* facts_cache::find(const get_model_info& question) {
  const auto known =
    std::ranges::find(entries_, question, &std::pair<get_model_info, model_facts>::first);
  if (known == entries_.end())
    return nullptr;
  entries_.splice(entries_.begin(), entries_, known);
  return &entries_.front().second;
}

const model_facts& facts_cache::add(get_model_info question, model_facts answer) {
  if (entries_.size() >= max_entries_)
    entries_.pop_back();
  entries_.emplace_front(std::move(question), std::move(answer));
  return entries_.front().second;
}

} // namespace troupe::models_manager
