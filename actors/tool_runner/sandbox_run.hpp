#pragma once

#include "actors/tool_runner/owned_descriptor.hpp"
#include "actors/tool_runner/sandbox_plan.hpp"
#include "actors/tool_runner/seccomp_program.hpp"
#include "actors/tool_runner/user_shell.hpp"
#include "net/io_pool.hpp"

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace troupe::tool_runner {

/// What is to run inside a sandbox.
struct sandbox_order {
  sandbox_policy policy;  ///< one that restricts writing
  std::string policy_cwd; ///< the turn's folder, which decides the writable roots
  std::string cwd;
  std::vector<std::string> argv;
};

/// The same as a call of bubblewrap.
struct sandbox_launch {
  std::vector<std::string> argv;
  owned_descriptor seccomp; ///< for the child, as `seccomp_descriptor`; not open with network
};

/// Turns commands into calls of bubblewrap. Finds out by a trial run, once per kind of network,
/// what bubblewrap can do here; every failure is told, none leads to a run without sandbox. A
/// failed trial is repeated with the next command, so that a repaired machine works at once. Lives
/// on the I/O thread; looks at files through `post`.
class sandbox_launcher : public std::enable_shared_from_this<sandbox_launcher> {
public:
  using answer = std::variant<sandbox_launch, sandbox_problem>;
  using answer_handler = std::function<void(answer)>;
  using probe_handler = std::function<void(std::optional<sandbox_problem>)>; ///< none: it can
  using poster = std::function<void(std::function<void()>)>;

  /// A trial run that takes longer has failed.
  static constexpr std::chrono::seconds trial_limit{10};

  /// `tmpdir`: value of TMPDIR, may be empty.
  sandbox_launcher(net::io_pool& io, poster post, shell_lookup lookup, std::string tmpdir);

  void prepare(sandbox_order order, answer_handler then);

  /// Finds out whether a sandbox with this kind of network can be set up, as `prepare` would before
  /// the first command. What is found out is kept. From any thread; `then` on the I/O thread.
  void probe(network_access network, probe_handler then);

  /// What a policy allows to write. Blocks; may be called from any thread.
  std::variant<sandbox_plan, sandbox_problem> plan(const sandbox_policy& policy,
                                                   const std::string& policy_cwd) const;

private:
  using abilities_or_problem = std::variant<bubblewrap_abilities, sandbox_problem>;

  /// What is known about one kind of network.
  struct trial_state {
    std::optional<bubblewrap_abilities> abilities;
    std::vector<std::function<void(const abilities_or_problem&)>> waiting; ///< while a trial runs
  };

  struct blueprint;

  void with_abilities(network_access network, const std::string& program,
                      std::function<void(const abilities_or_problem&)> then);
  void run_trial(network_access network, const bubblewrap_abilities& abilities);
  void finish_trial(network_access network, abilities_or_problem outcome);
  answer launch(const sandbox_order& order, const sandbox_plan& plan,
                const bubblewrap_abilities& abilities);

  /// Opened once per child; none while the plan has network.
  std::variant<owned_descriptor, sandbox_problem> seccomp_for(network_access network);

  net::io_pool& io_;
  poster post_;
  const shell_lookup lookup_;
  const std::string tmpdir_;
  std::optional<seccomp_program> seccomp_;
  std::array<trial_state, 2> trials_; ///< by network_access
};

} // namespace troupe::tool_runner
