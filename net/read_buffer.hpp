#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace troupe::net {

/// Bytes received and not yet consumed, and room for more. Starts small and grows while reads fill
/// it, so that 10,000 waiting streams are cheap and a bulk transfer still reads in large pieces.
class read_buffer {
public:
  read_buffer(std::size_t first_size, std::size_t max_size)
    : first_size_(first_size), max_size_(max_size) {}

  /// Writable on purpose: parsers close gaps in place.
  std::span<char> unread() { return {storage_.get() + begin_, end_ - begin_}; }

  bool empty() const { return begin_ == end_; }
  void consume(std::size_t n) { begin_ += n; }

  /// The memory it takes.
  std::size_t capacity() const { return capacity_; }

  /// Room for the next read; empty when `max_size` bytes are unread. Moves what is unread.
  std::span<char> space();

  /// The first `n` bytes of `space` have been filled.
  void commit(std::size_t n);

  /// Gives the memory back; nothing may be unread.
  void release();

private:
  void move_unread_to(std::size_t new_capacity);

  std::size_t first_size_;
  std::size_t max_size_;
  std::unique_ptr<char[]> storage_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool was_filled_ = false; // by the last read: there was probably more to be had
};

} // namespace troupe::net
