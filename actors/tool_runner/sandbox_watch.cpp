#include "actors/tool_runner/sandbox_watch.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/stat.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <fstream>
#include <string_view>
#include <utility>

namespace troupe::tool_runner {

namespace {

/// What bubblewrap writes is shorter.
constexpr std::size_t max_told_bytes = 4096;

bool make_pipe(owned_descriptor& reading, owned_descriptor& writing) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return false;
  reading = owned_descriptor{ends[0]};
  writing = owned_descriptor{ends[1]};
  return true;
}

/// What can be had now. False: nothing will come any more.
bool read_more(const owned_descriptor& from, std::string& told) {
  char block[256];
  ssize_t count = 0;
  while (told.size() < max_told_bytes && (count = ::read(from.number(), block, sizeof block)) > 0)
    told.append(block, static_cast<std::size_t>(count));
  return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
}

/// From what bubblewrap writes to its --info-fd.
std::optional<pid_t> child_in(std::string_view text) {
  constexpr std::string_view key = "\"child-pid\": ";
  const auto at = text.find(key);
  if (at == std::string_view::npos)
    return std::nullopt;
  pid_t result = 0;
  const auto read =
    std::from_chars(text.data() + at + key.size(), text.data() + text.size(), result);
  return read.ec == std::errc{} ? std::optional{result} : std::nullopt;
}

/// In a process id namespace. None: it cannot be told now.
std::optional<bool> is_first_process(pid_t pid) {
  errno = 0;
  std::ifstream status{fmt::format("/proc/{}/status", pid)};
  if (!status && errno != ENOENT)
    return std::nullopt;
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("NSpid:"))
      return line.ends_with("\t1");
  return false;
}

/// How many of them are. Before bubblewrap has moved into its new `/`, none: paths are not there,
/// or nothing lies on them.
std::size_t count_mounted(pid_t child, std::span<const expected_mount> mounts) {
  const owned_descriptor root{
    ::open(fmt::format("/proc/{}/root", child).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (!root.is_open())
    return 0;
  return static_cast<std::size_t>(
    std::ranges::count_if(mounts, [&](const auto& x) { return is_mounted(root.number(), x); }));
}

} // namespace

bool is_mounted(int root, const expected_mount& mount) {
  const auto slash = mount.path.rfind('/');
  const auto folder = slash <= 1 ? std::string{"."} : mount.path.substr(1, slash - 1);
  const auto name = mount.path.substr(slash + 1);
  // Where a link leads is told by the identity, and it must be a folder of this very `/`.
  const owned_descriptor parent{
    ::openat(root, folder.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
  struct stat at {};
  if (!parent.is_open() || ::fstat(parent.number(), &at) != 0 || at.st_dev != mount.device ||
      at.st_ino != mount.inode)
    return false;
  const owned_descriptor found{
    ::openat(parent.number(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC)};
  struct statx facts {};
  struct statvfs system {};
  if (!found.is_open() || ::statx(found.number(), "", AT_EMPTY_PATH, STATX_TYPE, &facts) != 0 ||
      ::fstatvfs(found.number(), &system) != 0)
    return false;
  const auto is_told = (facts.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0;
  if (is_told && (facts.stx_attributes & STATX_ATTR_MOUNT_ROOT) == 0)
    return false;
  return mount.is_writable || (system.f_flag & ST_RDONLY) != 0;
}

std::shared_ptr<sandbox_watch> sandbox_watch::make(std::vector<expected_mount> mounts) {
  const std::shared_ptr<sandbox_watch> result{new sandbox_watch{std::move(mounts)}};
  auto& x = *result;
  const auto made = make_pipe(x.life_, x.release_) && make_pipe(x.info_, x.its_info_) &&
                    make_pipe(x.status_, x.its_status_) &&
                    ::fcntl(x.info_.number(), F_SETFL, O_NONBLOCK) == 0 &&
                    ::fcntl(x.status_.number(), F_SETFL, O_NONBLOCK) == 0;
  return made ? result : nullptr;
}

std::vector<std::string> sandbox_watch::arguments() const {
  std::vector<std::string> result{"--sync-fd",        std::to_string(hold_descriptor),
                                  "--info-fd",        std::to_string(info_descriptor),
                                  "--json-status-fd", std::to_string(status_descriptor)};
  if (has_mounts())
    result.insert(result.end(), {"--block-fd", std::to_string(block_descriptor)});
  return result;
}

std::vector<net::process_options::inherited_descriptor> sandbox_watch::inherited() const {
  std::vector<net::process_options::inherited_descriptor> result{
    {.ours = release_.number(), .as = hold_descriptor},
    {.ours = its_info_.number(), .as = info_descriptor},
    {.ours = its_status_.number(), .as = status_descriptor}};
  if (has_mounts())
    result.push_back({.ours = life_.number(), .as = block_descriptor});
  return result;
}

void sandbox_watch::has_started() {
  its_info_ = {};
  its_status_ = {};
  if (!has_mounts())
    release_ = {};
}

// It tells an exit code for a command that it has executed, and for no other.
bool sandbox_watch::has_begun() {
  std::string told;
  read_more(status_, told);
  return told.find("\"exit-code\"") != told.npos;
}

sandbox_watch::state sandbox_watch::look() {
  const auto result = looked();
  if (result == state::released)
    static_cast<void>(::write(release_.number(), "x", 1));
  if (result != state::waiting) {
    release_ = {};
    is_looked_at_ = false;
  }
  return result;
}

sandbox_watch::state sandbox_watch::looked() {
  if (!child_ && !find_child())
    return is_over_ ? state::ended : state::waiting;
  const auto found = find_process();
  if (found == presence::gone)
    return state::ended;
  const auto count = found == presence::there ? count_mounted(*child_, mounts_) : 0;
  if (count == mounts_.size())
    return state::released;
  const auto now = clock::now();
  if (count > 0) // then all is done that is going to be
    end_ = std::min(end_, now + settled_limit);
  return now < end_ ? state::waiting : state::refused;
}

bool sandbox_watch::find_child() {
  is_over_ = !read_more(info_, told_);
  if (told_.find('}') == std::string::npos)
    return false;
  child_ = child_in(told_);
  is_over_ = !child_;
  if (!child_)
    return false;
  end_ = clock::now() + limit;
  return true;
}

/// Without a free descriptor nobody knows: then it counts as living.
sandbox_watch::presence sandbox_watch::find_process() {
  if (!process_.is_open()) {
    const auto is_it = is_first_process(*child_); // or another one that has got its number
    if (is_it && !*is_it)
      return presence::gone;
    if (is_it)
      process_ = owned_descriptor{static_cast<int>(::syscall(SYS_pidfd_open, *child_, 0))};
    if (!process_.is_open())
      return is_it && errno == ESRCH ? presence::gone : presence::unknown;
  }
  pollfd end{.fd = process_.number(), .events = POLLIN, .revents = 0};
  return ::poll(&end, 1, 0) > 0 ? presence::gone : presence::there;
}

bool sandbox_watch::kill() const {
  return process_.is_open() &&
         ::syscall(SYS_pidfd_send_signal, process_.number(), SIGKILL, nullptr, 0) == 0;
}

// The first process closes its files before it ends all others, and is to be waited for after that.
bool sandbox_watch::is_over() {
  pollfd life{.fd = life_.number(), .events = 0, .revents = 0};
  if (is_looked_at_ || ::poll(&life, 1, 0) == 0)
    return false;
  if (!child_ && !find_child())
    return true; // there never was one
  return find_process() == presence::gone;
}

void sandbox_watch::wait(std::chrono::milliseconds limit) {
  pollfd life{.fd = life_.number(), .events = 0, .revents = 0};
  if (::poll(&life, 1, static_cast<int>(limit.count())) == 0 || is_over())
    return;
  pollfd end{.fd = process_.number(), .events = POLLIN, .revents = 0};
  ::poll(&end, 1, static_cast<int>(limit.count()));
}

} // namespace troupe::tool_runner
