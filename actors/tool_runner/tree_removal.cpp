#include "actors/tool_runner/tree_removal.hpp"

#include "actors/tool_runner/owned_descriptor.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::tool_runner {

namespace {

using removal_clock = std::chrono::steady_clock;

/// Between two looks at the clock.
constexpr std::size_t entries_per_look = 8;
/// Read of the top at once, so that what it holds need not fit into memory.
constexpr std::size_t top_entries_at_once = 4096;
/// Names that an earlier process has left may be taken.
constexpr int max_names_tried = 1024;

struct close_listing {
  void operator()(DIR* x) const { ::closedir(x); }
};
using folder_listing = std::unique_ptr<DIR, close_listing>;

std::optional<std::string> next_name(DIR* from) {
  while (const auto* entry = ::readdir(from))
    if (const std::string_view name = entry->d_name; name != "." && name != "..")
      return std::string{name};
  return std::nullopt;
}

/// Opens its mode, without following a link; not open when `name` is no folder.
owned_descriptor opened_wide(int parent, const char* name) {
  owned_descriptor place{::openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
  if (place.is_open())
    ::chmod(fmt::format("/proc/self/fd/{}", place.number()).c_str(), 0700);
  return place;
}

class tree_remover {
public:
  tree_remover(int top, removal_clock::time_point until) : top_(top), until_(until) {}

  bool remove(std::string name) {
    waiting_.push_back(std::move(name));
    auto all = true;
    while (!waiting_.empty()) {
      if (is_late_)
        return false;
      const auto next = std::move(waiting_.back());
      waiting_.pop_back();
      all = remove_one(next) && all;
    }
    return all;
  }

private:
  bool remove_one(const std::string& name) {
    if (::unlinkat(top_, name.c_str(), 0) == 0 || errno == ENOENT)
      return true;
    const auto place = opened_wide(top_, name.c_str());
    if (!place.is_open())
      return false;
    const int fd = ::openat(place.number(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    folder_listing names{fd < 0 ? nullptr : ::fdopendir(fd)};
    if (!names) {
      if (fd >= 0)
        ::close(fd);
      return false;
    }
    // A listing may pass over entries while others vanish: again, as long as that helps.
    while (::unlinkat(top_, name.c_str(), AT_REMOVEDIR) != 0) {
      ::rewinddir(names.get());
      if (!empty(names.get(), fd))
        return false;
    }
    return true;
  }

  /// Whether anything went.
  bool empty(DIR* names, int folder) {
    auto went = false;
    while (const auto name = next_name(names)) {
      if (is_time_over())
        return false;
      went = (::unlinkat(folder, name->c_str(), 0) == 0 || lift(folder, *name)) || went;
    }
    return went;
  }

  /// To the top; a folder must be writable for that.
  bool lift(int folder, const std::string& name) {
    if (!opened_wide(folder, name.c_str()).is_open())
      return false;
    static std::atomic<std::uint64_t> count{0};
    for (int i = 0; i < max_names_tried; ++i) {
      auto free = fmt::format("gone-{}-{}", ::getpid(), count.fetch_add(1));
      if (::renameat(folder, name.c_str(), top_, free.c_str()) == 0) {
        waiting_.push_back(std::move(free));
        return true;
      }
      if (errno != ENOTEMPTY && errno != EEXIST && errno != ENOTDIR)
        return false;
    }
    return false;
  }

  bool is_time_over() {
    if (++steps_ % entries_per_look == 0 && removal_clock::now() >= until_)
      is_late_ = true;
    return is_late_;
  }

  int top_;
  removal_clock::time_point until_;
  std::vector<std::string> waiting_; ///< at the top
  std::size_t steps_ = 0;
  bool is_late_ = false;
};

} // namespace

removal remove_entry(int folder, const std::string& name, removal_clock::time_point until) {
  return tree_remover{folder, until}.remove(name) ? removal::complete : removal::partial;
}

removal empty_folder(int folder, removal_clock::time_point until) {
  for (;;) {
    const int fd = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const folder_listing names{fd < 0 ? nullptr : ::fdopendir(fd)};
    if (!names)
      return removal::partial;
    std::vector<std::string> found;
    for (auto name = next_name(names.get()); name && found.size() < top_entries_at_once;
         name = next_name(names.get()))
      found.push_back(std::move(*name));
    if (found.empty())
      return removal::complete;
    for (const auto& name : found)
      if (remove_entry(folder, name, until) != removal::complete || removal_clock::now() >= until)
        return removal::partial;
  }
}

} // namespace troupe::tool_runner
