#include "actors/rollout_recorder/file_set.hpp"

#include <utility>

namespace troupe::rollout_recorder {

void file_set::put(const thread_id& thread, open_file file) {
  take(thread);
  files_.push_back({thread, std::move(file)});
  index_[thread] = std::prev(files_.end());
  while (files_.size() > limit_) {
    index_.erase(files_.front().thread);
    files_.pop_front();
  }
}

std::optional<open_file> file_set::take(const thread_id& thread) {
  const auto found = index_.find(thread);
  if (found == index_.end())
    return std::nullopt;
  auto file = std::move(found->second->file);
  files_.erase(found->second);
  index_.erase(found);
  return file;
}

} // namespace troupe::rollout_recorder
