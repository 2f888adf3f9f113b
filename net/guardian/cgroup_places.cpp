#include "net/guardian/cgroup_places.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace troupe::net {

namespace {

constexpr std::string_view room_prefix = "troupe-";

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> result;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(separator));
    if (!word.empty())
      result.push_back(word);
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  return result;
}

// A mount may show only a part of its hierarchy: that from `root` on.
std::string folder_of(std::string_view mount, std::string_view root, std::string_view path) {
  if (root != "/" && path.starts_with(root))
    path.remove_prefix(root.size());
  if (path == "/")
    path = {};
  return std::string{mount} + std::string{path};
}

struct cgroup_mount {
  bool is_unified = false;
  std::string_view root, folder;
  std::vector<std::string_view> controllers;
};

// "ID PARENT DEVICE ROOT FOLDER OPTIONS ... - TYPE SOURCE CONTROLLERS"
std::optional<cgroup_mount> parse_mount(std::string_view line) {
  const auto dash = line.find(" - ");
  if (dash == line.npos)
    return std::nullopt;
  const auto left = split(line.substr(0, dash), ' ');
  const auto right = split(line.substr(dash + 3), ' ');
  if (left.size() < 5 || right.size() < 3 || (right[0] != "cgroup" && right[0] != "cgroup2"))
    return std::nullopt;
  return cgroup_mount{.is_unified = right[0] == "cgroup2",
                      .root = left[3],
                      .folder = left[4],
                      .controllers = split(right[2], ',')};
}

// "NUMBER:CONTROLLERS:PATH"; of version 2: "0::PATH".
std::optional<std::string_view> path_in(std::string_view memberships, std::string_view controller) {
  for (const auto line : split(memberships, '\n')) {
    const auto first = line.find(':');
    const auto second = first == line.npos ? first : line.find(':', first + 1);
    if (second == line.npos)
      continue;
    const auto named = split(line.substr(first + 1, second - first - 1), ',');
    const bool is_it = controller.empty() ? line.starts_with("0::")
                                          : std::ranges::find(named, controller) != named.end();
    if (is_it)
      return line.substr(second + 1);
  }
  return std::nullopt;
}

/// Of the first one with this word at this place of its line.
std::string type_of_mount_with(std::string_view mounts, std::size_t place, std::string_view word) {
  for (const auto line : split(mounts, '\n')) {
    const auto dash = line.find(" - ");
    const auto left = split(line.substr(0, dash), ' ');
    if (dash != line.npos && left.size() > place && left[place] == word)
      return std::string{split(line.substr(dash + 3), ' ').front()};
  }
  return {};
}

} // namespace

cgroup_places find_cgroup_places(std::string_view memberships, std::string_view mounts) {
  cgroup_places result;
  for (const auto line : split(mounts, '\n')) {
    const auto mount = parse_mount(line);
    if (!mount)
      continue;
    if (mount->is_unified) {
      if (const auto path = path_in(memberships, ""); path && result.unified.empty()) {
        result.unified = folder_of(mount->folder, mount->root, *path);
        result.unified_mount = mount->folder;
      }
      continue;
    }
    const auto look_for = [&](std::string_view controller, std::string& place) {
      const auto& all = mount->controllers;
      if (!place.empty() || std::ranges::find(all, controller) == all.end())
        return;
      if (const auto path = path_in(memberships, controller))
        place = folder_of(mount->folder, mount->root, *path);
    };
    look_for("memory", result.memory);
    look_for("pids", result.pids);
    look_for("cpu", result.cpu);
  }
  return result;
}

std::string file_system_of(std::string_view mounts, unsigned major, unsigned minor) {
  return type_of_mount_with(mounts, 2, std::to_string(major) + ":" + std::to_string(minor));
}

std::string file_system_of_mount(std::string_view mounts, std::uint64_t number) {
  return type_of_mount_with(mounts, 0, std::to_string(number));
}

std::string file_system_below(std::string_view mounts, std::string_view path) {
  std::string result;
  std::size_t longest = 0;
  for (const auto line : split(mounts, '\n')) {
    const auto dash = line.find(" - ");
    const auto left = split(line.substr(0, dash), ' ');
    if (dash == line.npos || left.size() < 5 || left[4].size() < longest)
      continue;
    auto folder = left[4];
    if (folder != "/" &&
        !(path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/')))
      continue;
    longest = folder.size(); // of those that cover each other the last one counts
    result = std::string{split(line.substr(dash + 3), ' ').front()};
  }
  return result;
}

bool counts_writes(std::string_view type) {
  return type != "tmpfs" && type != "zfs";
}

bool is_local_file_system(std::string_view type) {
  constexpr std::array<std::string_view, 10> local{"ext4", "ext3", "ext2",    "xfs",   "btrfs",
                                                   "f2fs", "zfs",  "overlay", "tmpfs", "bcachefs"};
  return std::ranges::find(local, type) != local.end();
}

std::string to_text(const cgroup_room_name& x) {
  return std::string{room_prefix} + std::to_string(x.pid_namespace) + "-" + std::to_string(x.pid) +
         "-" + std::to_string(x.start_time);
}

std::optional<cgroup_room_name> parse_room_name(std::string_view text) {
  if (!text.starts_with(room_prefix))
    return std::nullopt;
  const auto parts = split(text.substr(room_prefix.size()), '-');
  if (parts.size() != 3)
    return std::nullopt;
  cgroup_room_name result;
  const auto read = [](std::string_view from, auto& to) {
    return std::from_chars(from.data(), from.data() + from.size(), to).ec == std::errc{};
  };
  if (!read(parts[0], result.pid_namespace) || !read(parts[1], result.pid) ||
      !read(parts[2], result.start_time) || to_text(result) != text)
    return std::nullopt;
  return result;
}

} // namespace troupe::net
