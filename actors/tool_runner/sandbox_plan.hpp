#pragma once

#include "actors/tool_runner/path_view.hpp"
#include "messages/settings.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What a sandboxed process may write, and the bubblewrap call that enforces it. Contract
/// tools.md 7.1, 7.2 (bubblewrap variant) and 7.4.
namespace troupe::tool_runner {

struct writable_root {
  std::string given; ///< as the policy names it
  std::string path;  ///< exists, without symbolic links
  std::vector<std::string>
    protected_paths; ///< below a root, read-only: repository and agent settings
  bool operator==(const writable_root&) const = default;
};

enum class network_access : std::uint8_t { none, host };

struct sandbox_plan {
  std::vector<writable_root> roots; ///< empty: nothing is writable but /dev/null
  network_access network = network_access::none;
  bool operator==(const sandbox_plan&) const = default;
};

struct sandbox_problem {
  /// Machine: no sandbox can be set up here, whatever the policy.
  enum class cause : std::uint8_t { policy, machine };

  std::string message; ///< names the cause, for the tool's output
  cause why = cause::policy;
  bool operator==(const sandbox_problem&) const = default;
};

/// The plan for a policy that restricts writing. `roots` are the policy's, see
/// `config::effective_writable_roots`; each must exist. A symbolic link in place of a protected
/// path is followed; the link itself cannot be protected by a mount.
std::variant<sandbox_plan, sandbox_problem> plan_sandbox(const sandbox_policy& policy,
                                                         std::span<const std::string> roots,
                                                         const path_view& files);

/// Whether a patch may write `path` (absolute, normal) without a question: inside a root and in
/// none of its protected paths.
bool may_write(const sandbox_plan& plan, std::string_view path);

/// What bubblewrap can do on this machine, found out by trial runs.
struct bubblewrap_abilities {
  enum class privilege : std::uint8_t { user, root, root_in_user_namespace };

  std::string program; ///< absolute path of bwrap
  privilege runs_as = privilege::user;
  bool own_proc = true;    ///< a /proc of the sandbox's own can be mounted
  bool own_network = true; ///< a network namespace without network can be made
  bool operator==(const bubblewrap_abilities&) const = default;
};

/// Number of the descriptor through which bubblewrap gets the seccomp program, see
/// `seccomp_program`.
inline constexpr int seccomp_descriptor = 10;

/// The argv that runs `command` in `cwd` as planned. A plan without network needs the seccomp
/// program at `seccomp_descriptor`.
std::vector<std::string> bubblewrap_argv(const sandbox_plan& plan,
                                         const bubblewrap_abilities& abilities,
                                         const std::string& cwd,
                                         std::span<const std::string> command);

/// The abilities to try next after a trial run that has failed with `error_text`; none when nothing
/// is left to do without.
std::optional<bubblewrap_abilities> reduced_abilities(const bubblewrap_abilities& tried,
                                                      std::string_view error_text);

/// Whether a sandboxed command seems to have failed because of the sandbox. `output` is everything
/// it has written. Never for exit code 0; a timeout is not asked about.
bool is_sandbox_denial(std::int32_t exit_code, std::string_view output);

} // namespace troupe::tool_runner
