#include "net/guardian/guardian_loop.hpp"

#include "net/guardian/descriptor_message.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

namespace troupe::net {

namespace {

// What an event is about: below this the loop's own descriptors, above it commands.
constexpr std::uint64_t request_event = 0;
constexpr std::uint64_t death_event = 1;
constexpr std::uint64_t first_channel_event = 2;

constexpr int events_per_step = 64;

void watch(int epoll, int fd, std::uint64_t what) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = what;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

unique_fd watch_children() {
  sigset_t deaths;
  sigemptyset(&deaths);
  sigaddset(&deaths, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &deaths, nullptr);
  return unique_fd{::signalfd(-1, &deaths, SFD_CLOEXEC | SFD_NONBLOCK)};
}

std::string read_plan(int file, std::uint64_t size) {
  std::string result;
  if (size > max_plan_bytes)
    return result;
  result.resize(size);
  std::size_t done = 0;
  while (done < result.size()) {
    const auto n =
      ::pread(file, result.data() + done, result.size() - done, static_cast<off_t>(done));
    if (n <= 0)
      return {};
    done += static_cast<std::size_t>(n);
  }
  return result;
}

} // namespace

guardian_loop::guardian_loop(unique_fd requests, cgroup_use use)
  : requests_(std::move(requests)), events_(::epoll_create1(EPOLL_CLOEXEC)),
    deaths_(watch_children()), keeper_(use) {
  watch(events_.get(), requests_.get(), request_event);
  watch(events_.get(), deaths_.get(), death_event);
}

void guardian_loop::run() {
  while (step() == program::lives)
    ;
  channels_.clear();
  keeper_.end_all(deaths_.get());
}

guardian_loop::program guardian_loop::step() {
  std::array<epoll_event, events_per_step> events;
  const int count = ::epoll_wait(events_.get(), events.data(), events_per_step,
                                 keeper_.next_look(std::chrono::steady_clock::now()));
  if (count < 0 && errno != EINTR)
    return program::ended;
  for (int i = 0; i < count; ++i) {
    const auto what = events[static_cast<std::size_t>(i)].data.u64;
    if (what == request_event) {
      if (take_requests() == program::ended)
        return program::ended;
    } else if (what == death_event) {
      signalfd_siginfo ignored;
      while (::read(deaths_.get(), &ignored, sizeof(ignored)) > 0)
        ;
    } else {
      take_orders(static_cast<command_number>(what - first_channel_event));
    }
  }
  reap();
  keeper_.look(std::chrono::steady_clock::now());
  return program::lives;
}

guardian_loop::program guardian_loop::take_requests() {
  // One at a time: between two requests there may be signals for those that run.
  auto message = receive_descriptors(requests_.get(), sizeof(std::uint64_t));
  if (message.what == descriptor_message::state::ended)
    return program::ended;
  if (message.what == descriptor_message::state::arrived)
    take_request(message.bytes, std::move(message.descriptors));
  return program::lives;
}

void guardian_loop::take_request(const std::string& head, std::vector<unique_fd> descriptors) {
  std::uint64_t size = 0;
  if (head.size() != sizeof(size) || descriptors.size() < 2)
    return; // its channel is closed with that, which the asking side understands
  std::memcpy(&size, head.data(), sizeof(size));
  auto received = decode_plan(read_plan(descriptors[0].get(), size));
  if (!received || received->plan.descriptors.size() + 2 != descriptors.size())
    return;
  for (std::size_t i = 0; i < received->plan.descriptors.size(); ++i)
    received->plan.descriptors[i].first = descriptors[i + 2].get();
  const auto number = ++last_number_;
  const auto news = keeper_.start(number, std::move(*received));
  watch(events_.get(), descriptors[1].get(), first_channel_event + number);
  channels_.emplace(number, std::move(descriptors[1]));
  tell(number, news);
  if (news.what == child_news::kind::failed)
    close_channel(number);
}

void guardian_loop::take_orders(command_number number) {
  const auto channel = channels_.find(number);
  if (channel == channels_.end())
    return;
  std::int32_t signal = 0;
  const auto n = ::recv(channel->second.get(), &signal, sizeof(signal), MSG_DONTWAIT);
  if (n == sizeof(signal))
    return keeper_.signal(number, signal);
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  close_channel(number);
  keeper_.release(number);
}

void guardian_loop::tell(command_number number, const child_news& news) {
  const auto channel = channels_.find(number);
  if (channel == channels_.end())
    return;
  const auto bytes = encode_news(news);
  ::send(channel->second.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void guardian_loop::reap() {
  for (const auto& [number, news] : keeper_.reap())
    tell(number, news);
}

void guardian_loop::close_channel(command_number number) {
  channels_.erase(number); // which ends its events, too: there is no other copy
}

} // namespace troupe::net
