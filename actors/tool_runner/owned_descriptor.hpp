#pragma once

#include <unistd.h>

#include <utility>

namespace troupe::tool_runner {

/// Closes a file descriptor at the end of its life. Movable; -1 is none.
class owned_descriptor {
public:
  owned_descriptor() = default;
  explicit owned_descriptor(int fd) : fd_(fd) {}
  owned_descriptor(owned_descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  owned_descriptor& operator=(owned_descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~owned_descriptor() {
    if (fd_ >= 0)
      ::close(fd_);
  }

  int number() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

private:
  int fd_ = -1;
};

} // namespace troupe::tool_runner
