#include "net/read_buffer.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace troupe::net {

std::span<char> read_buffer::space() {
  if (!storage_)
    move_unread_to(first_size_);
  else if (was_filled_ && capacity_ < max_size_)
    move_unread_to(std::min(2 * capacity_, max_size_));
  else if (begin_ > 0)
    move_unread_to(capacity_);
  was_filled_ = false;
  return {storage_.get() + end_, capacity_ - end_};
}

void read_buffer::commit(std::size_t n) {
  assert(n <= capacity_ - end_);
  end_ += n;
  was_filled_ = end_ == capacity_;
}

void read_buffer::release() {
  assert(empty());
  storage_.reset();
  capacity_ = begin_ = end_ = 0;
  was_filled_ = false;
}

void read_buffer::move_unread_to(std::size_t new_capacity) {
  const auto size = end_ - begin_;
  if (new_capacity == capacity_) {
    std::memmove(storage_.get(), storage_.get() + begin_, size);
  } else {
    auto larger = std::make_unique_for_overwrite<char[]>(new_capacity);
    if (size > 0)
      std::memcpy(larger.get(), storage_.get() + begin_, size);
    storage_ = std::move(larger);
    capacity_ = new_capacity;
  }
  begin_ = 0;
  end_ = size;
}

} // namespace troupe::net
