#pragma once

#include "messages/cluster.hpp"
#include "messages/ids.hpp"
#include "messages/thread_info.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace troupe::thread_manager {

/// The live threads of a node. Pure; `Handle` is what reaches a thread, its address what a down
/// message names.
template <class Handle>
class thread_table {
public:
  struct entry {
    Handle handle;
    thread_created created; ///< as it was published
  };

  bool add(Handle handle, thread_created created) {
    const auto id = created.thread;
    return threads_.try_emplace(id, entry{std::move(handle), std::move(created)}).second;
  }

  const entry* find(const thread_id& id) const {
    auto it = threads_.find(id);
    return it == threads_.end() ? nullptr : &it->second;
  }

  void remove(const thread_id& id) { threads_.erase(id); }
  std::size_t size() const { return threads_.size(); }
  bool empty() const { return threads_.empty(); }
  auto begin() const { return threads_.begin(); }
  auto end() const { return threads_.end(); }

private:
  std::unordered_map<thread_id, entry> threads_;
};

/// The thread id in a rollout's file name; none when the name holds none.
inline std::optional<thread_id> id_in_path(std::string_view path) {
  constexpr std::string_view suffix = ".jsonl";
  constexpr std::size_t id_length = 36;
  if (path.ends_with(suffix))
    path.remove_suffix(suffix.size());
  if (path.size() < id_length)
    return std::nullopt;
  return parse_thread_id(path.substr(path.size() - id_length));
}

} // namespace troupe::thread_manager
