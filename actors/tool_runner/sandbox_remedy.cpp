#include "actors/tool_runner/sandbox_remedy.hpp"

#include "actors/tool_runner/bubblewrap_place.hpp"
#include "actors/tool_runner/start_refusal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace troupe::tool_runner {

namespace {

struct known_cause {
  std::string_view complaint; ///< part of it
  std::string_view remedy;
};

constexpr std::string_view namespaces =
  "Allow user namespaces (user.max_user_namespaces, kernel.unprivileged_userns_clone, "
  "kernel.apparmor_restrict_unprivileged_userns), in a container with `--privileged` or without "
  "its "
  "seccomp and AppArmor profiles";

constexpr auto known_causes = std::to_array<known_cause>({
  {"Failed to make / slave",
   "The root folder is no mount point, as in a plain chroot: bind it to "
   "itself (`mount --bind DIR DIR`) before the chroot, or use pivot_root"},
  {"new namespace", namespaces},
  {"setting up uid map", namespaces},
  {"Can't find source path",
   "It was moved or removed while a command started: run the command again"},
  {"setuid", "bwrap must either be set-uid root or not at all: reinstall it"},
});

constexpr std::string_view way_out = ", or run without a sandbox by choosing danger-full-access.";

} // namespace

std::string sandbox_remedy(std::string_view complaint, std::string_view named) {
  // Before any other: whatever bubblewrap wanted to do, it got no process for it.
  if (is_short_of_processes(complaint))
    return fmt::format("{}.", process_remedy);
  std::string what = "Repair the machine's set-up";
  const auto* known = std::ranges::find_if(
    known_causes, [&](const auto& x) { return complaint.find(x.complaint) != complaint.npos; });
  if (known != known_causes.end())
    what = known->remedy;
  else if (!named.empty())
    what = fmt::format("Let {} (now \"{}\") be the absolute path of bwrap, or unset it to use the "
                       "system's",
                       bubblewrap_variable, named);
  else if (complaint.empty())
    what = "Install it (the package is called bubblewrap)";
  return what.append(way_out);
}

} // namespace troupe::tool_runner
