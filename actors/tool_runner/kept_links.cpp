#include "actors/tool_runner/kept_links.hpp"

#include "actors/tool_runner/path_text.hpp"
#include "actors/tool_runner/put_aside.hpp"
#include "config/log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <system_error>
#include <utility>

namespace troupe::tool_runner {

namespace {

/// Empty when there is no link of that name.
std::string text_of(int folder, const std::string& name) {
  std::array<char, PATH_MAX> text;
  const auto count = ::readlinkat(folder, name.c_str(), text.data(), text.size());
  return {text.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
}

/// An owner may close a folder's mode, and open it.
void open_mode(int folder) {
  struct stat found {};
  if (::fstat(folder, &found) == 0)
    ::chmod(fmt::format("/proc/self/fd/{}", folder).c_str(), (found.st_mode & 07777) | S_IRWXU);
}

bool put_back(int folder, const std::string& name, const std::string& text) {
  constexpr int max_tries = 100; // each lost to somebody who makes something of that name
  for (int i = 0; i < max_tries; ++i) {
    if (::symlinkat(text.c_str(), folder, name.c_str()) == 0)
      return true;
    if (errno == EACCES)
      open_mode(folder);
    else if (errno != EEXIST)
      return false;
    else if (text_of(folder, name) == text)
      return true; // another command's end was quicker
    else if (!put_aside(folder, name) && errno == EACCES)
      open_mode(folder);
  }
  return false;
}

} // namespace

bool known_links::agrees(const kept_link& x) {
  if (texts_.size() >= max_links)
    texts_.clear();
  return texts_.try_emplace(x.path, x.text).first->second == x.text;
}

std::optional<std::string> known_links::lost(const sandbox_plan& plan) const {
  for (const auto& root : plan.roots)
    for (const auto* name : {".agents", ".codex", ".git"}) {
      auto path = absolute_path(root.path, name);
      if (texts_.contains(path) &&
          std::ranges::find(plan.links, path, &kept_link::path) == plan.links.end())
        return path;
    }
  return std::nullopt;
}

held_link::held_link(int folder, kept_link link)
  : folder_(::fcntl(folder, F_DUPFD_CLOEXEC, 0)), link_(std::move(link)) {}

held_link::~held_link() {
  const std::string name{file_name(link_.path)};
  if (!folder_.is_open() || text_of(folder_.number(), name) == link_.text)
    return;
  if (put_back(folder_.number(), name, link_.text))
    log::warning("{}: a command had replaced this link; it is put back, and what was in its place "
                 "lies beside it",
                 link_.path);
  else if (errno != ENOENT) // the folder is gone as a whole
    log::error("{}: a command has replaced this link, which cannot be put back ({}); look at what "
               "is there before anything uses it",
               link_.path, std::generic_category().message(errno));
}

} // namespace troupe::tool_runner
