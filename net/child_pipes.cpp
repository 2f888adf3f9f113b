#include "net/child_pipes.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <sys/ioctl.h>

namespace troupe::net {

namespace {

constexpr winsize terminal_size{.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};

bool open_pipe(unique_fd& read_end, unique_fd& write_end) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return false;
  read_end = unique_fd{ends[0]};
  write_end = unique_fd{ends[1]};
  return true;
}

unique_fd copy_of(const unique_fd& x) {
  return unique_fd{::fcntl(x.get(), F_DUPFD_CLOEXEC, 3)};
}

bool open_terminal(child_pipes& pipes) {
  unique_fd master{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
  std::array<char, 64> name;
  if (!master || ::grantpt(master.get()) != 0 || ::unlockpt(master.get()) != 0 ||
      ::ptsname_r(master.get(), name.data(), name.size()) != 0)
    return false;
  unique_fd slave{::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC)};
  if (!slave || ::ioctl(slave.get(), TIOCSWINSZ, &terminal_size) != 0)
    return false;
  pipes.child_output = copy_of(slave);
  pipes.child_errors = copy_of(slave);
  pipes.child_input = std::move(slave);
  pipes.input = copy_of(master);
  pipes.output = std::move(master);
  return pipes.child_output && pipes.child_errors && pipes.input;
}

bool open_streams(const process_options& options, child_pipes& pipes) {
  if (options.tty == process_options::terminal::pty)
    return open_terminal(pipes);
  if (std::holds_alternative<process_options::null_input>(options.input))
    pipes.child_input = unique_fd{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  else if (!open_pipe(pipes.child_input, pipes.input))
    return false;
  return pipes.child_input && open_pipe(pipes.output, pipes.child_output) &&
         open_pipe(pipes.errors, pipes.child_errors);
}

} // namespace

std::vector<std::pair<int, int>> child_pipes::placement() const {
  return {{child_input.get(), 0}, {child_output.get(), 1}, {child_errors.get(), 2}};
}

child_pipes open_child_pipes(const process_options& options) {
  child_pipes pipes;
  if (!open_streams(options, pipes))
    pipes.error = errno;
  return pipes;
}

} // namespace troupe::net
