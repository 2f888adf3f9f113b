#pragma once

#include "actors/tool_runner/path_view.hpp"
#include "messages/settings.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What a sandboxed process sees and may write. Contract tools.md 7.1, 7.2 and 7.4; pure. How
/// bubblewrap is made to enforce it: bubblewrap_call.hpp.
namespace troupe::tool_runner {

struct writable_root {
  std::string given; ///< as the policy names it
  std::string path;  ///< exists, without symbolic links
  bool operator==(const writable_root&) const = default;
};

enum class mount_kind : std::uint8_t {
  writable,
  read_only,
  missing,       ///< must stay missing: held by an empty folder while a command runs
  sealed_folder, ///< an empty one is seen in its place
  sealed_file    ///< nothing can be read there
};

/// What is to be at a path instead of the machine's files, read-only.
struct sandbox_mount {
  std::string path; ///< absolute, without symbolic links
  mount_kind kind = mount_kind::read_only;
  std::string source; ///< what is seen there; empty: what is there outside
  bool operator==(const sandbox_mount&) const = default;
};

/// A symbolic link in the place of a protected path.
struct kept_link {
  std::string path; ///< in a root
  std::string text; ///< what it says
  bool operator==(const kept_link&) const = default;
};

enum class network_access : std::uint8_t { none, host };

struct sandbox_plan {
  std::vector<writable_root> roots; ///< empty: nothing is writable but /dev/null
  /// Outer ones before inner ones; of two at one place the later counts.
  std::vector<sandbox_mount> mounts;
  network_access network = network_access::none;
  std::vector<kept_link> links = {}; ///< no mount can lie on them: see kept_links.hpp
  bool operator==(const sandbox_plan&) const = default;
};

struct sandbox_problem {
  /// Folder: what lies in a root or was done to it, or what is said of it, forbids every command
  /// there. Machine: no sandbox can be set up here, whatever the policy.
  enum class cause : std::uint8_t { policy, folder, machine };

  std::string message; ///< names the cause, for the tool's output
  cause why = cause::policy;
  bool operator==(const sandbox_problem&) const = default;
};

/// Everything that a plan depends on. Paths are absolute, exist and have no symbolic links, unless
/// said otherwise.
struct sandbox_question {
  sandbox_policy policy;                 ///< one that restricts writing
  std::string cwd;                       ///< of the turn
  std::vector<writable_root> roots;      ///< the policy's
  std::string home;                      ///< never writable, and without auth.json; empty: none
  std::string results;                   ///< of a run: never writable but for a `cwd` below it
  std::vector<std::string> hidden;       ///< may be missing, may be links
  std::vector<std::string> repositories; ///< below the roots: `.git` of all kinds, bare ones
  std::string own_tmp;                   ///< seen as /tmp and $TMPDIR; empty: the machine's are
  std::string tmpdir;                    ///< value of TMPDIR; empty: not set, or no root
  std::vector<std::string> visible;      ///< seen although they are below /tmp, with `own_tmp`
};

/// A symbolic link in place of a protected path (.git, .codex, .agents of a root) protects what it
/// leads to. Fails when a command could change where that is.
std::variant<sandbox_plan, sandbox_problem> plan_sandbox(const sandbox_question& x,
                                                         const path_view& files);

/// The mount that decides what `path` (absolute, normal) is in the sandbox; null: outside all.
const sandbox_mount* mount_at(const sandbox_plan& plan, std::string_view path);

/// The innermost mount around one of the plan's; null: it lies on the machine's own files.
const sandbox_mount* mount_around(const sandbox_plan& plan, const sandbox_mount& inner);

/// `path` with the policy's name of a root replaced by where that root really is.
std::string real_path(const sandbox_plan& plan, std::string_view path);

/// Whether a patch may write `path` (absolute, normal) without a question: inside a root and in
/// none of its protected paths.
bool may_write(const sandbox_plan& plan, std::string_view path);

/// Whether a sandboxed command seems to have failed because of the sandbox. `output` is everything
/// it has written. Never for exit code 0; a timeout is not asked about.
bool is_sandbox_denial(std::int32_t exit_code, std::string_view output);

} // namespace troupe::tool_runner
