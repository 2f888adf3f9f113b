#include "net/guardian/guardian_loop.hpp"

#include "net/guardian/descriptor_message.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

namespace troupe::net {

namespace {

constexpr std::size_t events_per_step = 64;

unique_fd watch_children() {
  sigset_t deaths;
  sigemptyset(&deaths);
  sigaddset(&deaths, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &deaths, nullptr);
  return unique_fd{::signalfd(-1, &deaths, SFD_CLOEXEC | SFD_NONBLOCK)};
}

void forget_signals(int deaths) {
  signalfd_siginfo ignored;
  while (::read(deaths, &ignored, sizeof(ignored)) > 0)
    ;
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

/// While it lives, what is received leaves enough descriptors to look at processes and to end them.
class descriptor_reserve {
public:
  descriptor_reserve() {
    constexpr rlim_t kept = 32;
    is_kept_ = ::getrlimit(RLIMIT_NOFILE, &limit_) == 0 && limit_.rlim_cur > 4 * kept;
    const rlimit lower{limit_.rlim_cur - kept, limit_.rlim_max};
    is_kept_ = is_kept_ && ::setrlimit(RLIMIT_NOFILE, &lower) == 0;
  }
  ~descriptor_reserve() {
    if (is_kept_)
      ::setrlimit(RLIMIT_NOFILE, &limit_);
  }
  descriptor_reserve(const descriptor_reserve&) = delete;
  descriptor_reserve& operator=(const descriptor_reserve&) = delete;

private:
  rlimit limit_{};
  bool is_kept_ = false;
};

// Whoever has asked has given up meanwhile, and told so.
bool is_given_up(int channel) {
  pollfd other_end{.fd = channel, .events = 0, .revents = 0};
  return ::poll(&other_end, 1, 0) > 0 && (other_end.revents & POLLHUP) != 0;
}

} // namespace

guardian_loop::guardian_loop(unique_fd requests, const guardian_terms& terms)
  : requests_(std::move(requests)), deaths_(watch_children()), keeper_(terms, events_) {
  events_.add(requests_.get(), event_set::kind::request);
  events_.add(deaths_.get(), event_set::kind::death);
}

void guardian_loop::run() {
  while (step() == program::lives)
    ;
  channels_.clear();
  keeper_.end_all(deaths_.get());
}

guardian_loop::program guardian_loop::step() {
  std::array<epoll_event, events_per_step> events;
  const int count = events_.wait(events, keeper_.next_look(std::chrono::steady_clock::now()));
  if (count < 0 && errno != EINTR)
    return program::ended;
  for (int i = 0; i < count; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    switch (event_set::kind_of(event)) {
    case event_set::kind::request:
      if (take_requests() == program::ended)
        return program::ended;
      break;
    case event_set::kind::death: forget_signals(deaths_.get()); break;
    case event_set::kind::memory: keeper_.on_memory_alarm(); break;
    case event_set::kind::channel: take_orders(event_set::command_of(event)); break;
    case event_set::kind::report: keeper_.on_report(event_set::command_of(event)); break;
    }
  }
  keeper_.reap();
  keeper_.look(std::chrono::steady_clock::now());
  tell_news();
  return program::lives;
}

guardian_loop::program guardian_loop::take_requests() {
  // One at a time: between two requests there may be signals for those that run.
  auto message = [this] {
    const descriptor_reserve reserve;
    return receive_descriptors(requests_.get(), sizeof(std::uint64_t));
  }();
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
  if (is_given_up(descriptors[1].get()))
    return;
  auto received = decode_plan(read_plan(descriptors[0].get(), size));
  if (!received || received->plan.descriptors.size() + 2 != descriptors.size())
    return;
  for (std::size_t i = 0; i < received->plan.descriptors.size(); ++i)
    received->plan.descriptors[i].first = descriptors[i + 2].get();
  const auto number = ++last_number_;
  events_.add(descriptors[1].get(), event_set::kind::channel, number);
  channels_.emplace(number, std::move(descriptors[1]));
  descriptors.erase(descriptors.begin(), descriptors.begin() + 2);
  keeper_.start(number, std::move(*received), std::move(descriptors));
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

void guardian_loop::tell_news() {
  for (const auto& [number, news] : keeper_.take_news()) {
    tell(number, news);
    if (news.what == child_news::kind::failed)
      close_channel(number);
  }
}

void guardian_loop::close_channel(command_number number) {
  const auto channel = channels_.find(number);
  if (channel == channels_.end())
    return;
  events_.remove(channel->second.get());
  channels_.erase(channel);
}

} // namespace troupe::net
