#pragma once

#include "apps/run/run_actor.hpp"
#include "apps/run/task.hpp"

#include <future>
#include <optional>
#include <span>
#include <string>

namespace troupe::node_root {
struct node_options;
}

/// What a run hears of a machine on which no sandbox can be set up: agents then give up at their
/// first command, and a run of them must not look like a success.
namespace troupe::run {

/// The sandbox that tasks are going to need: that of the settings, as fresh workspaces have it, or
/// of the first task that asks for one; none: all of them run without. Its roots include the
/// folders that tasks name to write in.
std::optional<sandbox_policy> expected_sandbox(const sandbox_policy& base,
                                               std::span<const task> tasks);

/// Between a node and the run that is started on it. Outlives the node.
class sandbox_news {
public:
  /// Before the node is made: has the sandbox tried and its refusals told.
  void ask_for(node_root::node_options& options, std::optional<sandbox_policy> expected);

  /// What is missing and the remedy; none: nothing is, or nothing was asked for. Blocks until the
  /// trial has ended, which has a limit.
  std::optional<std::string> problem();

  /// Who is told of refusals. Once, before the first task is started.
  void tell(run_actor actor) { actor_.set_value(std::move(actor)); }

private:
  std::promise<std::string> probed_;
  std::future<std::string> answer_; ///< not valid: nothing was asked for
  std::promise<run_actor> actor_;
};

} // namespace troupe::run
