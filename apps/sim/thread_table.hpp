#pragma once

#include "apps/sim/matcher.hpp"

#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace troupe::sim {

/// Counts the requests of each thread: the only thing the simulator remembers from one request to
/// the next. Bounded: of threads beyond `max_threads` those unused for longest are forgotten, half
/// of them at a time; a forgotten thread begins at request 1 again. Not thread-safe.
class thread_table {
public:
  /// About 90 bytes each with the map's overhead: below 100 MB.
  static constexpr std::size_t default_max_threads = 1'000'000;

  explicit thread_table(std::size_t max_threads = default_max_threads)
    : max_young_(max_threads / 2) {}

  /// What tells a repeated request from a new one. A retry sends the same bytes; a new request has
  /// grown.
  struct request_size {
    std::uint32_t items = 0;
    std::uint64_t bytes = 0;
    std::int64_t input_tokens = 0;
  };

  /// Counts a request of the thread and says where it stands.
  request_place enter(std::uint64_t thread, const request_size& size);

  std::size_t size() const { return young_.size() + old_.size(); }

private:
  struct entry {
    std::uint64_t requests = 0;
    std::uint64_t attempts = 0;
    request_size last;
    std::int64_t previous_input_tokens = 0;
  };

  entry& entry_of(std::uint64_t thread);

  std::size_t max_young_;
  // Two generations: what is used moves to the young one; when that is full the old one goes.
  std::unordered_map<std::uint64_t, entry> young_;
  std::unordered_map<std::uint64_t, entry> old_;
};

} // namespace troupe::sim
