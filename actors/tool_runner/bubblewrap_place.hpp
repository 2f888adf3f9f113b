#pragma once

#include "actors/tool_runner/sandbox_plan.hpp"
#include "actors/tool_runner/sandbox_survey.hpp"

#include <array>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Which file is bubblewrap. It runs outside of the sandbox with the user's rights: what an agent
/// may have put somewhere must not be taken for it. Blocks; used from any thread.
namespace troupe::tool_runner {

/// Names another file than those of the system, by an absolute path. The user's own variable.
inline constexpr std::string_view bubblewrap_variable = "TROUPE_BWRAP";

/// Where it is looked for otherwise, in this order; never in PATH, where a project may have its
/// folder.
inline constexpr auto bubblewrap_folders =
  std::to_array<std::string_view>({"/usr/bin", "/usr/local/bin", "/bin", "/usr/sbin", "/sbin"});

/// Absolute paths, without symbolic links.
struct agent_folders {
  std::vector<std::string> writable; ///< under the policy at hand
  std::vector<std::string> others;   ///< may have been at another time, or for another agent
};

/// `cwd` may be empty: not known yet.
agent_folders folders_of_agents(const sandbox_setup& setup, const sandbox_policy& policy,
                                const std::string& cwd);

/// Those that a plan lets write, too.
void add_roots(agent_folders& to, const sandbox_plan& plan);

/// The path of the file, without symbolic links. Refuses one inside of the folders: a file of the
/// system in the writable ones, one that the variable names in all.
std::variant<std::string, sandbox_problem> find_bubblewrap(const std::string& named,
                                                           const agent_folders& folders);

} // namespace troupe::tool_runner
