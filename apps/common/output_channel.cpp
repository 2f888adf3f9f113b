#include "apps/common/output_channel.hpp"

#include "apps/common/exit_codes.hpp"
#include "config/environment.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <fmt/format.h>
#include <limits>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::common {

namespace {

using clock = std::chrono::steady_clock;

/// The bound of all waits, and what wakes those that began before there was one.
struct output_bound {
  int bell = ::eventfd(0, EFD_CLOEXEC);
  std::atomic<clock::rep> end{0}; ///< 0: none yet
};

/// Never destroyed: signals come to the very end.
output_bound& bound_of_output() {
  static auto* const result = new output_bound;
  return *result;
}

/// False: its reader has taken nothing for too long. What is wrong with the descriptor is for
/// `write` to tell.
bool wait_until_writable(int descriptor) {
  std::array<pollfd, 2> watched{{{descriptor, POLLOUT, 0}, {-1, POLLIN, 0}}};
  if (::poll(watched.data(), 1, 0) > 0)
    return true;
  auto& bound = bound_of_output();
  for (;;) {
    int limit = -1;
    watched[1].fd = bound.bell;
    if (const auto end = bound.end.load(); end != 0) {
      const auto left = clock::time_point{clock::duration{end}} - clock::now();
      limit = static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
      watched[1].fd = -1; // poll passes over it
      if (limit <= 0)
        return false;
    }
    watched[0].revents = 0;
    if (::poll(watched.data(), watched.size(), limit) >= 0 && watched[0].revents != 0)
      return true;
  }
}

bool is_regular_file(int descriptor) {
  struct stat facts {};
  return ::fstat(descriptor, &facts) == 0 && S_ISREG(facts.st_mode);
}

} // namespace

// A pipe of which poll says that it has room takes as much without blocking. A file always takes
// all, and other writers must not get in between.
output_channel::output_channel(int descriptor)
  : descriptor_(descriptor),
    piece_bytes_(is_regular_file(descriptor) ? std::numeric_limits<std::size_t>::max() : PIPE_BUF) {
}

void output_channel::write(std::string_view text) {
  while (!text.empty() && !error_) {
    if (!wait_until_writable(descriptor_)) {
      error_ = std::make_error_code(std::errc::timed_out);
      return;
    }
    const auto written = ::write(descriptor_, text.data(), std::min(text.size(), piece_bytes_));
    if (written >= 0)
      text.remove_prefix(static_cast<std::size_t>(written));
    else if (errno != EINTR && errno != EAGAIN)
      error_ = {errno, std::generic_category()};
  }
}

bool output_channel::is_terminal() const {
  return ::isatty(descriptor_) == 1;
}

int exit_code_of(const output_channel& printed) {
  if (!printed.error())
    return exit_ok;
  if (printed.error() != std::errc::broken_pipe)
    output_channel{STDERR_FILENO}.write(
      fmt::format("Error: cannot write the output: {}\n", loss_text(printed.error())));
  return exit_failed;
}

void bound_waits_for_readers() {
  auto& bound = bound_of_output();
  bound.end = (clock::now() + last_output_limit).time_since_epoch().count();
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(bound.bell, &one, sizeof one);
}

std::string loss_text(const std::error_code& error) {
  if (error == std::errc::timed_out)
    return fmt::format("its reader took nothing for {} seconds after the signal",
                       last_output_limit.count());
  return error.message();
}

int print(std::string_view text) {
  output_channel out{STDOUT_FILENO};
  out.write(text);
  return exit_code_of(out);
}

void ignore_broken_pipes() {
  std::signal(SIGPIPE, SIG_IGN);
}

unsigned terminal_width(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return 80;
  return size.ws_col;
}

bool uses_color(color_choice choice, const output_channel& channel) {
  switch (choice) {
  case color_choice::always: return true;
  case color_choice::never: return false;
  case color_choice::automatic: break;
  }
  const auto env = config::process_environment();
  return channel.is_terminal() && !config::non_blank(env, "NO_COLOR") &&
         env("TERM").value_or("dumb") != "dumb";
}

} // namespace troupe::common
