#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

/// What a person sees of a run while it goes on.
namespace troupe::run {

struct progress_counts {
  std::size_t total = 0; ///< tasks of the file
  std::size_t kept = 0;  ///< of these, done by earlier runs
  std::size_t running = 0;
  std::size_t completed = 0; ///< by this run, as the next two
  std::size_t failed = 0;
  std::size_t interrupted = 0;
  std::int64_t tokens = 0; ///< input and output of the finished tasks of this run

  std::size_t finished() const { return completed + failed + interrupted; }
  std::size_t left() const { return total - kept - finished(); }
};

/// Formats the counts and estimates the time that is left from the last `rate_window`.
class progress_meter {
public:
  using time_point = std::chrono::steady_clock::time_point;

  static constexpr std::chrono::seconds rate_window{30};

  explicit progress_meter(time_point start) { samples_.push_back({start, 0}); }

  /// Call it at regular intervals.
  void update(const progress_counts& counts, time_point now);

  /// Finished tasks per second.
  double rate() const;

  /// One line of at most `width` columns, without a newline.
  std::string bar(unsigned width) const;

  /// The same for a log: no bar, no control characters, with a newline.
  std::string plain_line() const;

private:
  struct sample {
    time_point at;
    std::size_t finished;
  };

  std::string figures() const;
  std::string remaining_time() const;

  std::deque<sample> samples_;
  progress_counts counts_;
};

/// "45s", "3m 20s", "2h 05m".
std::string rough_duration(std::chrono::seconds x);

} // namespace troupe::run
