#include "actors/tool_runner/bubblewrap_call.hpp"

#include "actors/tool_runner/root_mount.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>
#include <utility>

namespace troupe::tool_runner {

namespace {

using privilege = bubblewrap_abilities::privilege;

/// A bind mount of bubblewrap takes the device property away: without these, programs could neither
/// discard output nor get random numbers.
constexpr auto devices =
  std::to_array<std::string_view>({"/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"});

/// Shared memory of a command, semaphores included, in a workspace.
constexpr auto max_shared_memory_bytes = "67108864";

bool mentions(std::string_view text, std::string_view lower_case) {
  const auto equal = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == b;
  };
  return std::search(text.begin(), text.end(), lower_case.begin(), lower_case.end(), equal) !=
         text.end();
}

class call_writer {
public:
  call_writer(const sandbox_plan& plan, const bubblewrap_abilities& abilities)
    : plan_(plan), abilities_(abilities) {}

  std::vector<std::string> write(const bubblewrap_order& order) {
    if (!abilities_.root_is_mount)
      append({order.own_program, root_mount_argument});
    append({abilities_.program, "--new-session", "--die-with-parent", "--ro-bind", "/", "/"});
    add_devices();
    for (const auto& mount : plan_.mounts) {
      if (order.uid)
        add_way_to(mount.path);
      add(mount);
    }
    add_proc();
    for (const auto& path : sealed_)
      append({"--remount-ro", path});
    add_network();
    add_privileges(order);
    for (const std::string_view entry : order.late_environment)
      append({"--setenv", entry.substr(0, entry.find('=')), entry.substr(entry.find('=') + 1)});
    append({"--chdir", order.cwd, "--"});
    if (order.uid)
      append({"/usr/bin/setpriv", fmt::format("--reuid={}", *order.uid),
              fmt::format("--regid={}", order.gid), "--clear-groups", "--"});
    argv_.insert(argv_.end(), order.command.begin(), order.command.end());
    return std::move(argv_);
  }

private:
  void append(std::initializer_list<std::string_view> words) {
    argv_.insert(argv_.end(), words.begin(), words.end());
  }

  /// /dev/shm holds the memory that other programs share.
  void add_devices() {
    append({"--dev-bind", "/dev/null", "/dev/null"});
    for (const auto device : devices)
      append({"--dev-bind-try", device, device});
    append({"--size", max_shared_memory_bytes, "--tmpfs", "/dev/shm"});
    if (plan_.roots.empty())
      sealed_.emplace_back("/dev/shm");
  }

  /// In a private /tmp the way to a mount is made for it. What bubblewrap makes, only root may
  /// enter.
  void add_way_to(const std::string& path) {
    const auto is_above = [&](const auto& x) {
      return !x.source.empty() && x.source != x.path && path.starts_with(x.path + "/");
    };
    const auto own = std::ranges::find_if(plan_.mounts, is_above);
    if (own == plan_.mounts.end())
      return;
    for (auto end = path.find('/', own->path.size() + 1); end != path.npos;
         end = path.find('/', end + 1)) {
      const auto folder = path.substr(0, end);
      if (std::ranges::find(plan_.mounts, folder, &sandbox_mount::path) != plan_.mounts.end())
        return;
      append({"--dir", folder});
    }
  }

  void add(const sandbox_mount& mount) {
    const auto& source = mount.source.empty() ? mount.path : mount.source;
    switch (mount.kind) {
    case mount_kind::writable: return add_writable(mount, source);
    case mount_kind::missing:
    case mount_kind::read_only:
      if (mount.source.empty() || mount.source == mount.path)
        return append({"--ro-bind", source, mount.path});
      // What is to be seen below it is put there first.
      append({"--bind", source, mount.path});
      return sealed_.push_back(mount.path);
    case mount_kind::sealed_folder:
      append({"--tmpfs", mount.path});
      return sealed_.push_back(mount.path);
    case mount_kind::sealed_file: return append({"--ro-bind", "/dev/null", mount.path});
    }
  }

  void add_writable(const sandbox_mount& mount, const std::string& source) {
    const auto root = std::ranges::find(plan_.roots, mount.path, &writable_root::path);
    const auto number = first_root_descriptor + (root - plan_.roots.begin());
    if (mount.source.empty() && root != plan_.roots.end() && abilities_.by_descriptor)
      return append({"--bind-fd", fmt::format("{}", number), mount.path});
    append({"--bind", source, mount.path});
  }

  /// Read-only as a whole: what can be written there is the kernel's, and for root bubblewrap's own
  /// covers are left out (it asks for the folder's mode, which denies, while the files are root's).
  void add_proc() {
    append({"--unshare-pid", abilities_.own_proc ? "--proc" : "--tmpfs", "/proc"});
    sealed_.emplace_back("/proc");
  }

  void add_network() {
    if (plan_.network == network_access::none && abilities_.own_network)
      append({"--unshare-net"});
    append({"--seccomp", fmt::format("{}", seccomp_descriptor)});
  }

  /// Root keeps what it needs to work on files of others. Everything else goes: with CAP_SYS_ADMIN
  /// it could simply remount the sandbox writable.
  void add_privileges(const bubblewrap_order& order) {
    if (abilities_.runs_as == privilege::root_in_user_namespace)
      append({"--unshare-user"});
    if (abilities_.runs_as != privilege::user)
      append({"--cap-drop", "ALL", "--cap-add", "CAP_DAC_OVERRIDE", "--cap-add", "CAP_FOWNER",
              "--cap-add", "CAP_CHOWN"});
    if (order.uid) // given up with the change
      append({"--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"});
  }

  const sandbox_plan& plan_;
  const bubblewrap_abilities& abilities_;
  std::vector<std::string> argv_;
  std::vector<std::string> sealed_; ///< made read-only when everything is in place
};

} // namespace

std::vector<std::string> bubblewrap_argv(const sandbox_plan& plan,
                                         const bubblewrap_abilities& abilities,
                                         const bubblewrap_order& order) {
  return call_writer{plan, abilities}.write(order);
}

std::vector<std::string> sandbox_devices() {
  std::vector<std::string> result{"/dev/null"};
  result.insert(result.end(), devices.begin(), devices.end());
  return result;
}

std::vector<std::string> covered_devices(const bubblewrap_abilities& abilities) {
  const auto is_root = abilities.runs_as != privilege::user;
  return is_root && abilities.covers_devices && abilities.root_is_mount
           ? sandbox_devices()
           : std::vector<std::string>{};
}

std::optional<bubblewrap_abilities> reduced_abilities(const bubblewrap_abilities& tried,
                                                      std::string_view error_text) {
  auto result = tried;
  const auto says = [&](std::string_view words) { return mentions(error_text, words); };
  if (tried.by_descriptor && says("unknown option --ro-bind-fd")) {
    result.by_descriptor = false;
    return result;
  }
  // Of the start, before bubblewrap. In a plain chroot it says so itself then.
  if (tried.covers_devices &&
      (says("cannot give it mounts of its own") || says("cannot cover its read-only files"))) {
    result.covers_devices = false;
    return result;
  }
  // A plain chroot. What is opened here is not below the new `/`, and has another name there. An
  // early look at the trial's descriptor fails for that reason, too.
  const auto is_lost = says("make / slave") || (tried.by_descriptor && says("/proc/self/fd/"));
  if (tried.root_is_mount && tried.runs_as != privilege::user && is_lost) {
    result.root_is_mount = false;
    result.by_descriptor = false;
    return result;
  }
  if (tried.own_proc && says("mount proc")) {
    result.own_proc = false;
    return result;
  }
  // The seccomp program alone keeps the network off then.
  if (tried.own_network && (says("loopback") || says("rtm_new") || says("network namespace"))) {
    result.own_network = false;
    return result;
  }
  if (tried.runs_as == privilege::root && says("namespace")) {
    result.runs_as = privilege::root_in_user_namespace;
    return result;
  }
  return std::nullopt;
}

} // namespace troupe::tool_runner
