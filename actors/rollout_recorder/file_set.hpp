#pragma once

#include "actors/rollout_recorder/descriptor.hpp"
#include "messages/ids.hpp"

#include <cstddef>
#include <list>
#include <optional>
#include <unordered_map>

namespace troupe::rollout_recorder {

/// An open file between two writes.
struct open_file {
  descriptor file;
  /// Whether the file is known to end with a newline. Not so after opening: the tail may be torn.
  bool has_clean_tail = false;
};

/// The open files of threads that are not being written right now, bounded: the one that was used
/// longest ago is closed first, so that many threads need few descriptors.
class file_set {
public:
  explicit file_set(std::size_t limit) : limit_(limit) {}

  /// Keeps the file; closes the oldest beyond the limit at once. At most one file per thread.
  void put(const thread_id& thread, open_file file);

  /// Hands the file out; none when it is not open.
  std::optional<open_file> take(const thread_id& thread);

  std::size_t size() const { return files_.size(); }

private:
  struct entry {
    thread_id thread;
    open_file file;
  };

  std::size_t limit_;
  std::list<entry> files_; // least recently used first
  std::unordered_map<thread_id, std::list<entry>::iterator> index_;
};

} // namespace troupe::rollout_recorder
