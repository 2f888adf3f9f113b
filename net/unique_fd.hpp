#pragma once

#include <utility>

#include <unistd.h>

namespace troupe::net {

/// Owner of a file descriptor.
class unique_fd {
public:
  unique_fd() = default;
  explicit unique_fd(int fd) : fd_(fd) {}
  unique_fd(unique_fd&& x) noexcept : fd_(x.release()) {}
  unique_fd& operator=(unique_fd&& x) noexcept {
    std::swap(fd_, x.fd_);
    return *this;
  }
  ~unique_fd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset() {
    if (fd_ >= 0)
      ::close(release());
  }

private:
  int fd_ = -1;
};

} // namespace troupe::net
