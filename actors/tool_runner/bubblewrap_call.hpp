#pragma once

#include "actors/tool_runner/sandbox_plan.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The bubblewrap call that enforces a plan. Contract tools.md 7.2 (bubblewrap variant); pure.
namespace troupe::tool_runner {

/// What bubblewrap can do on this machine, found out by trial runs.
struct bubblewrap_abilities {
  enum class privilege : std::uint8_t { user, root, root_in_user_namespace };

  std::string program; ///< absolute path of bwrap
  privilege runs_as = privilege::user;
  bool own_proc = true;      ///< a /proc of the sandbox's own can be mounted; else it is empty
  bool own_network = true;   ///< a network namespace without network can be made
  bool by_descriptor = true; ///< it takes folders by descriptor; else by name
  bool root_is_mount = true; ///< else `/` is made one for it first (root_mount.hpp)
  /// The devices of a sandbox are covered (`covered_devices`); else root can change their modes.
  bool covers_devices = true;
  bool operator==(const bubblewrap_abilities&) const = default;
};

/// The devices that a sandbox shows: null, zero, full, random, urandom. They are the machine's own.
std::vector<std::string> sandbox_devices();

/// Those that are to be covered for a bubblewrap that runs so, before it starts. None for ordinary
/// users, to whom they do not belong; none where `/` is made a mount first, which covers them, too.
std::vector<std::string> covered_devices(const bubblewrap_abilities& abilities);

/// Numbers of the descriptors that bubblewrap gets: the seccomp program (see `seccomp_program`),
/// and the roots of the plan in its order, opened.
inline constexpr int seccomp_descriptor = 10;
inline constexpr int first_root_descriptor = 11;

struct bubblewrap_order {
  std::string cwd;
  std::vector<std::string> command;
  std::vector<std::string> late_environment; ///< "NAME=value", for the command only
  std::string own_program;                   ///< to make `/` a mount, where it is none
  std::optional<std::uint32_t> uid;          ///< whose process it is to be; for root
  std::uint32_t gid = 0;                     ///< with `uid`
};

/// The argv that runs a command as planned. Roots that are seen as they are outside (without a
/// source) are expected at their descriptors. Mounts of kind `missing` must have been made.
std::vector<std::string> bubblewrap_argv(const sandbox_plan& plan,
                                         const bubblewrap_abilities& abilities,
                                         const bubblewrap_order& order);

/// The abilities to try next after a trial run that has failed with `error_text`; none when nothing
/// is left to do without.
std::optional<bubblewrap_abilities> reduced_abilities(const bubblewrap_abilities& tried,
                                                      std::string_view error_text);

} // namespace troupe::tool_runner
