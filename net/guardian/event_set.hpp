#pragma once

#include "net/unique_fd.hpp"

#include <cstdint>
#include <span>

#include <sys/epoll.h>

namespace troupe::net {

/// What the guardian's loop waits for: its own three descriptors, and two of each command.
class event_set {
public:
  enum class kind : std::uint8_t { request, death, memory, channel, report };

  event_set() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}

  /// Until it can be read, or its other end is closed.
  void add(int fd, kind what, std::uint32_t command = 0) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = std::uint64_t{command} << kind_bits | static_cast<std::uint64_t>(what);
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  }

  /// Before it is closed: a child that has just been forked may hold a copy.
  void remove(int fd) { ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }

  /// -1: see errno.
  int wait(std::span<epoll_event> events, int milliseconds) const {
    return ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), milliseconds);
  }

  static kind kind_of(const epoll_event& x) {
    return static_cast<kind>(x.data.u64 & ((1U << kind_bits) - 1));
  }
  static std::uint32_t command_of(const epoll_event& x) {
    return static_cast<std::uint32_t>(x.data.u64 >> kind_bits);
  }

private:
  static constexpr int kind_bits = 3;

  unique_fd epoll_;
};

} // namespace troupe::net
