#include "actors/tool_runner/cover_check.hpp"

#include "actors/tool_runner/owned_descriptor.hpp"
#include "actors/tool_runner/root_mount.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/stat.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <optional>
#include <system_error>
#include <utility>

namespace troupe::tool_runner {

namespace {

constexpr int exit_unchecked = 1;
constexpr std::chrono::seconds limit{10};
constexpr std::chrono::milliseconds settled_limit{
  500}; ///< for names that are exchanged all the time
constexpr int pause_ms = 1;

int cannot_check(std::string_view what) {
  const auto line = fmt::format("Sandbox cannot be checked: {}: {}\n", what,
                                std::generic_category().message(errno));
  static_cast<void>(::write(STDERR_FILENO, line.data(), line.size()));
  return exit_unchecked;
}

template <class T>
std::optional<T> number(std::string_view text) {
  T result{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), result);
  return read.ec == std::errc{} && read.ptr == text.data() + text.size() ? std::optional{result}
                                                                         : std::nullopt;
}

std::string word_of(const expected_mount& x) {
  return fmt::format("{}:{}:{}:{}", x.device, x.inode, x.is_writable ? "w" : "r", x.path);
}

std::optional<expected_mount> read_word(std::string_view word) {
  const auto take = [&] {
    const auto end = std::min(word.find(':'), word.size());
    const auto part = word.substr(0, end);
    word.remove_prefix(std::min(end + 1, word.size()));
    return part;
  };
  const auto device = number<std::uint64_t>(take());
  const auto inode = number<std::uint64_t>(take());
  const auto kind = take();
  if (!device || !inode || !word.starts_with('/'))
    return std::nullopt;
  return expected_mount{std::string{word}, *device, *inode, kind == "w"};
}

/// From what bubblewrap writes to its --info-fd; none: it has ended.
std::optional<pid_t> read_child(int info) {
  constexpr std::string_view key = "\"child-pid\": ";
  constexpr std::size_t max_bytes = 4096;
  std::string text;
  char block[256];
  while (text.find('}') == std::string::npos && text.size() < max_bytes) {
    const auto count = ::read(info, block, sizeof block);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return std::nullopt;
    text.append(block, static_cast<std::size_t>(count));
  }
  const auto at = text.find(key);
  if (at == std::string::npos)
    return std::nullopt;
  const auto from = at + key.size();
  return number<pid_t>(
    std::string_view{text}.substr(from, text.find_first_of(",\n }", from) - from));
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

void check(int info, int release, std::span<const expected_mount> mounts) {
  const auto child = read_child(info);
  if (!child)
    return;
  const owned_descriptor process{static_cast<int>(::syscall(SYS_pidfd_open, *child, 0))};
  auto end = std::chrono::steady_clock::now() + limit;
  while (std::chrono::steady_clock::now() < end) {
    const auto count = count_mounted(*child, mounts);
    if (count > 0) // then all is done that is going to be
      end = std::min(end, std::chrono::steady_clock::now() + settled_limit);
    if (count == mounts.size()) {
      static_cast<void>(::write(release, "x", 1));
      return;
    }
    pollfd wait{.fd = process.number(), .events = POLLIN, .revents = 0};
    if (::poll(&wait, 1, pause_ms) > 0)
      return; // it has ended
  }
  ::kill(*child, SIGKILL);
  constexpr std::string_view line =
    "Sandbox refuses to run this: folders around what is kept from tools are being moved, so that "
    "it cannot be covered\n";
  static_cast<void>(::write(STDERR_FILENO, line.data(), line.size()));
}

/// Waits for the check in a process of its own: bubblewrap would take its death for a release.
void watch_check(pid_t bubblewrap, int info, int release, std::span<const expected_mount> mounts) {
  const auto checker = ::fork();
  if (checker == 0) {
    check(info, release, mounts);
    ::_exit(0);
  }
  int status = -1;
  while (checker > 0 && ::waitpid(checker, &status, 0) < 0 && errno == EINTR) {
  }
  if (status == 0)
    return;
  constexpr std::string_view line =
    "Sandbox refuses to run this: what checks it was ended before it was done\n";
  static_cast<void>(::write(STDERR_FILENO, line.data(), line.size()));
  if (::getppid() == bubblewrap)
    ::kill(bubblewrap, SIGKILL); // and with it all that is in the sandbox
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

std::vector<std::string> cover_check_words(const std::string& program,
                                           std::span<const expected_mount> mounts) {
  std::vector<std::string> result{program, std::string{cover_check_argument},
                                  std::to_string(mounts.size())};
  for (const auto& x : mounts)
    result.push_back(word_of(x));
  return result;
}

int run_with_cover_check(std::span<const std::string> words) {
  const auto count = words.empty() ? std::nullopt : number<std::size_t>(words[0]);
  if (!count || words.size() < *count + 2)
    return exit_unchecked;
  std::vector<expected_mount> mounts;
  for (const auto& word : words.subspan(1, *count))
    if (auto mount = read_word(word))
      mounts.push_back(*std::move(mount));
  std::vector<std::string> command(words.begin() + 1 + static_cast<std::ptrdiff_t>(*count),
                                   words.end());
  int info[2];
  int release[2];
  if (mounts.size() != *count || ::pipe(info) != 0 || ::pipe(release) != 0)
    return cannot_check("pipe");
  const auto bubblewrap = ::getpid(); // as it is going to be
  const auto child = ::fork();
  if (child < 0)
    return cannot_check("fork");
  if (child == 0) {
    ::close(info[1]);
    ::close(release[0]);
    watch_check(bubblewrap, info[0], release[1], mounts);
    ::_exit(0);
  }
  ::close(info[0]);
  ::close(release[1]);
  const auto has_prefix = command.size() > 2 && command[1] == root_mount_argument;
  command.insert(command.begin() + (has_prefix ? 3 : 1),
                 {"--info-fd", std::to_string(info[1]), "--block-fd", std::to_string(release[0])});
  std::vector<char*> argv;
  for (auto& word : command)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execv(argv.front(), argv.data());
  return cannot_check(command.front());
}

} // namespace troupe::tool_runner
