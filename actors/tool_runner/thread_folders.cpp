#include "actors/tool_runner/thread_folders.hpp"

#include "actors/tool_runner/tree_removal.hpp"
#include "config/log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace troupe::tool_runner {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "sandbox-";
constexpr std::size_t max_swept = 256; ///< at one start; the rest is for the next
/// What takes longer stays: a start or an end need not wait for what an agent has heaped up.
constexpr std::chrono::seconds sweep_limit{5};
constexpr std::chrono::seconds end_limit{3};
constexpr std::chrono::seconds thread_limit{10};

std::chrono::steady_clock::time_point time_after(std::chrono::seconds x) {
  return std::chrono::steady_clock::now() + x;
}

owned_descriptor open_own_folder(const std::string& path) {
  return owned_descriptor{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
}

/// Away with what no living process holds.
void sweep(const fs::path& parent) {
  std::error_code error;
  std::size_t count = 0;
  const auto until = time_after(sweep_limit);
  auto is_complete = true;
  for (fs::directory_iterator at{parent, error}; !error && at != fs::directory_iterator{};
       at.increment(error)) {
    const auto path = at->path().string();
    if (!at->path().filename().string().starts_with(prefix) || ++count > max_swept)
      continue;
    const auto folder = open_own_folder(path);
    if (!folder.is_open() || ::flock(folder.number(), LOCK_EX | LOCK_NB) != 0)
      continue;
    if (empty_folder(folder.number(), until) != removal::complete || ::rmdir(path.c_str()) != 0)
      is_complete = false;
  }
  if (!is_complete)
    log::warning("{}: private temporary files of an earlier process are not all removed yet; the "
                 "next start goes on",
                 parent.string());
}

} // namespace

std::variant<std::shared_ptr<const thread_folders>, std::string>
thread_folders::make(const std::string& home) {
  const auto failed = [](const std::string& path) {
    return fmt::format("cannot make the folder for private temporary files {}: {}", path,
                       std::generic_category().message(errno));
  };
  const auto parent = home + "/tmp";
  if (::mkdir(parent.c_str(), 0700) != 0 && errno != EEXIST)
    return failed(parent);
  sweep(parent);
  constexpr int max_tries = 8; // another process that starts may sweep ours before it is locked
  for (int i = 0;; ++i) {
    auto path = fmt::format("{}/{}XXXXXX", parent, prefix);
    if (::mkdtemp(path.data()) == nullptr)
      return failed(path);
    auto lock = open_own_folder(path);
    if (lock.is_open() && ::flock(lock.number(), LOCK_EX | LOCK_NB) == 0)
      return std::shared_ptr<const thread_folders>{
        new thread_folders{std::move(path), std::move(lock)}};
    if (i == max_tries)
      return failed(path);
  }
}

thread_folders::~thread_folders() {
  if (empty_folder(lock_.number(), time_after(end_limit)) != removal::complete ||
      ::rmdir(path_.c_str()) != 0)
    log::warning("{}: private temporary files of threads are not all removed; the next start goes "
                 "on",
                 path_);
}

std::string thread_folders::folder(const thread_id& thread) const {
  auto path = path_ + "/" + to_string(thread);
  if (::mkdir(path.c_str(), 0700) == 0)
    ::chmod(path.c_str(), 01777); // as /tmp is; who is not us cannot get here
  else if (errno != EEXIST)
    return {};
  return path;
}

void thread_folders::remove(const thread_id& thread) const {
  remove_entry(lock_.number(), to_string(thread),
               time_after(thread_limit)); // the end tries the rest again
}

} // namespace troupe::tool_runner
