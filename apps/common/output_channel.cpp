#include "apps/common/output_channel.hpp"

#include "apps/common/exit_codes.hpp"
#include "config/environment.hpp"

#include <cerrno>
#include <csignal>
#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace troupe::common {

namespace {

/// A descriptor that its owner made non-blocking takes its time.
void wait_until_writable(int descriptor) {
  pollfd request{.fd = descriptor, .events = POLLOUT, .revents = 0};
  ::poll(&request, 1, -1);
}

} // namespace

void output_channel::write(std::string_view text) {
  while (!text.empty() && !error_) {
    const auto written = ::write(descriptor_, text.data(), text.size());
    if (written >= 0)
      text.remove_prefix(static_cast<std::size_t>(written));
    else if (errno == EAGAIN)
      wait_until_writable(descriptor_);
    else if (errno != EINTR)
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
      fmt::format("Error: cannot write the output: {}\n", printed.error().message()));
  return exit_failed;
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
