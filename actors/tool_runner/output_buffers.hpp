#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Bounded memory of what a process has written, and its way to readable text. Contract
/// tools.md 3.3 and 4.1.
namespace troupe::tool_runner {

/// Retained of each stream of a shell call, of their aggregation, and of a unified-exec process.
inline constexpr std::size_t max_retained_bytes = 1024 * 1024;

/// Keeps the first `max_bytes` of a stream; the rest is dropped.
class first_bytes_buffer {
public:
  explicit first_bytes_buffer(std::size_t max_bytes = max_retained_bytes) : max_bytes_(max_bytes) {}

  void append(std::string_view bytes);
  const std::string& bytes() const { return bytes_; }

private:
  std::size_t max_bytes_;
  std::string bytes_;
};

/// Keeps the first and the last `max_bytes` / 2 of a stream; the middle is dropped. Uses memory as
/// needed.
class head_tail_buffer {
public:
  explicit head_tail_buffer(std::size_t max_bytes = max_retained_bytes)
    : max_head_(max_bytes / 2), max_tail_(max_bytes - max_bytes / 2) {}

  void append(std::string_view bytes);

  /// Everything kept.
  std::string bytes() const;

  /// Everything kept; the buffer is empty afterwards.
  std::string take();

  bool empty() const { return head_.empty(); }
  std::uint64_t dropped_bytes() const { return dropped_; }

private:
  void append_to_tail(std::string_view bytes);

  std::size_t max_head_;
  std::size_t max_tail_;
  std::string head_;
  std::string tail_;       ///< a ring once it is full
  std::size_t oldest_ = 0; ///< where the full ring begins
  std::uint64_t dropped_ = 0;
};

/// Standard output followed by standard error, at most `max_bytes`: output gets a third, error what
/// it needs of the rest, and what that leaves goes back to output.
std::string aggregated_output(std::string_view standard_output, std::string_view standard_error,
                              std::size_t max_bytes = max_retained_bytes);

/// Text from bytes: UTF-8 as it is; UTF-16 with a byte order mark; Windows-1252 when nothing speaks
/// for UTF-8; else UTF-8 with U+FFFD for what is broken.
std::string decoded_output(std::string_view bytes);

} // namespace troupe::tool_runner
