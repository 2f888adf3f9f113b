#pragma once

#include "actors/tool_runner/bubblewrap_call.hpp"
#include "actors/tool_runner/kept_links.hpp"
#include "actors/tool_runner/owned_descriptor.hpp"
#include "actors/tool_runner/sandbox_placeholders.hpp"
#include "actors/tool_runner/sandbox_proof.hpp"
#include "actors/tool_runner/sandbox_survey.hpp"
#include "actors/tool_runner/sandbox_watch.hpp"
#include "actors/tool_runner/seccomp_program.hpp"
#include "actors/tool_runner/thread_folders.hpp"
#include "config/log_notices.hpp"
#include "messages/ids.hpp"
#include "net/io_pool.hpp"
#include "net/process.hpp"

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

namespace troupe::tool_runner {

struct run_context;

/// What is to run inside a sandbox.
struct sandbox_order {
  thread_id thread;
  sandbox_policy policy;  ///< one that restricts writing
  std::string policy_cwd; ///< the turn's folder, which decides the writable roots
  shared_value<std::vector<root_identity>> roots; ///< what they were when the policy was set
  std::string cwd;
  std::vector<std::string> argv;
  std::vector<std::string> environment; ///< "NAME=value"
};

/// The same as a call of bubblewrap.
struct sandbox_launch {
  std::vector<std::string> argv;
  std::vector<std::string> environment; ///< for bubblewrap, which passes it on
  std::vector<owned_descriptor> descriptors;
  std::vector<net::process_options::inherited_descriptor> inherited; ///< some of them
  std::vector<std::string> read_only_files; ///< as net::process_options has them
  std::shared_ptr<sandbox_watch> watch; ///< with mounts where somebody else writes the same roots
  /// Keeps missing names missing; to be kept until nothing lives in the sandbox any more.
  std::shared_ptr<held_placeholders> placeholders;
};

/// Turns commands into calls of bubblewrap. Finds out by a trial run, once per kind of network,
/// what bubblewrap can do here; every failure is told, none leads to a run without sandbox. A
/// failed trial is repeated with the next command, so that a repaired machine works at once. Lives
/// on the I/O thread; looks at files through `post`.
class sandbox_launcher : public std::enable_shared_from_this<sandbox_launcher> {
public:
  using clock = std::chrono::steady_clock;
  using answer = std::variant<sandbox_launch, sandbox_problem>;
  using answer_handler = std::function<void(answer)>;
  using probe_handler = std::function<void(std::optional<sandbox_problem>)>; ///< none: it can
  using poster = std::function<void(std::function<void()>)>;

  /// A trial run that takes longer has failed.
  static constexpr std::chrono::seconds trial_limit{30};

  /// A command waits so long for others that have too many files open.
  static constexpr std::chrono::seconds descriptor_limit{20};

  /// Roots whose repositories are remembered for threads that begin.
  static constexpr std::size_t max_recent_searches = 256;

  sandbox_launcher(net::io_pool& io, poster post, sandbox_setup setup);

  void prepare(sandbox_order order, answer_handler then);

  /// Finds out whether a sandbox with this policy can be set up, as `prepare` would before the
  /// first command; its roots are all folders where tools are going to write. What is found out is
  /// kept. From any thread; `then` on the I/O thread.
  void probe(const sandbox_policy& policy, probe_handler then);

  /// What a policy allows to write, as a function that blocks and may be called from any thread.
  std::function<std::variant<sandbox_plan, sandbox_problem>()>
  planner(const thread_id& thread, const sandbox_policy& policy, const std::string& policy_cwd,
          shared_value<std::vector<root_identity>> roots) const;

  /// Why bubblewrap, which has worked, failed before the command that it was called for.
  sandbox_problem failed(std::string_view complaint) const;

  /// Says once on standard error what people must change in a folder.
  void tell(const sandbox_problem& problem);

  /// Nothing of it runs any more: its private folder goes.
  void forget(const thread_id& thread);

private:
  using abilities_or_problem = std::variant<bubblewrap_abilities, sandbox_problem>;

  /// What is known about one kind of network.
  struct trial_state {
    std::optional<bubblewrap_abilities> abilities;
    std::vector<std::function<void(const abilities_or_problem&)>> waiting; ///< while a trial runs
    std::string first_complaint; ///< of the trial that runs
  };

  /// From when it is asked for and as long as something lives in it.
  struct running_sandbox {
    thread_id thread;
    std::weak_ptr<held_placeholders> life;
    std::vector<std::string> folders;
  };

  /// Shared with work elsewhere; made once, never changed.
  struct fixed;
  struct blueprint;

  survey_order order_for(const thread_id& thread, const sandbox_policy& policy,
                         const std::string& policy_cwd,
                         const shared_value<std::vector<root_identity>>& roots) const;
  void prepare_until(clock::time_point end, sandbox_order order, answer_handler then);
  void wait_for_descriptors(clock::time_point end, const sandbox_order& order,
                            const answer_handler& then);
  void remember(const thread_id& thread, const blueprint& found);
  void with_abilities(network_access network, const std::string& program,
                      std::function<void(const abilities_or_problem&)> then);
  void run_trial(network_access network, const bubblewrap_abilities& abilities);
  void judge_trial(network_access network, const bubblewrap_abilities& abilities,
                   sandbox_proof::verdict verdict);
  sandbox_problem not_working(std::string_view complaint) const;
  void finish_trial(network_access network, abilities_or_problem outcome);
  answer launch(const sandbox_order& order, blueprint& found,
                const bubblewrap_abilities& abilities);
  std::vector<std::string> named_folders(const sandbox_order& order) const;
  bool is_written_by_others(const std::vector<std::string>& folders,
                            const std::shared_ptr<held_placeholders>& own);
  void remove_folder(const thread_id& thread);
  void warn_once(const std::string& text);

  /// Opened once per child.
  std::variant<owned_descriptor, sandbox_problem> seccomp_for(network_access network);

  net::io_pool& io_;
  poster post_;
  std::shared_ptr<const fixed> fixed_;
  std::array<std::optional<seccomp_program>, 2> seccomp_; ///< by network_access
  std::array<trial_state, 2> trials_;                     ///< by network_access
  std::unordered_map<thread_id, std::shared_ptr<const thread_memory>> memories_;
  std::shared_ptr<const repository_lists> recent_;
  std::shared_ptr<const std::vector<covered_place>> appeared_;
  std::vector<running_sandbox> running_;
  std::unordered_set<thread_id> forgotten_; ///< whose folder goes as soon as nothing runs there
  known_links links_;
  std::vector<std::string> warned_;
  log::notice_limit notices_;
};

/// A call was refused for that: counted, unless it is the policy itself that forbids it.
void tell_refusal(const run_context& context, const thread_id& thread,
                  const sandbox_problem& problem);

} // namespace troupe::tool_runner
