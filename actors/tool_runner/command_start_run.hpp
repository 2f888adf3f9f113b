#pragma once

#include "actors/tool_runner/child_run.hpp"
#include "actors/tool_runner/command_places_run.hpp"
#include "actors/tool_runner/run_context.hpp"
#include "actors/tool_runner/shell_snapshot.hpp"

#include <functional>
#include <memory>
#include <string>

namespace troupe::tool_runner {

/// Whether a command's environment tells programs that nobody is there (contract tools.md 4.2).
enum class attendance : bool { as_inherited, unattended };

/// What a command needs to start; its environment and what is really executed are found out.
struct command_wish {
  thread_id thread;
  shared_value<tool_context> settings;
  attendance programs = attendance::as_inherited;
  child_order order; ///< `argv` as the model and the user see it, no environment
};

/// On the I/O thread, one after the other.
struct start_listener {
  std::function<void(call_stage)> on_stage;
  std::function<void(child_order)> on_ready; ///< exactly once, unless cancelled
};

/// The way of a command to its start: a place among those that may run, then what its login shell
/// would have read. Kept alive by what it waits for, both of which end.
class command_start : public std::enable_shared_from_this<command_start> {
public:
  /// Null: too many commands wait (`no_place_left`).
  static std::shared_ptr<command_start> begin(std::shared_ptr<const run_context> context,
                                              command_wish wish, start_listener listener);

  /// The command gives its place to others: it has ended, or has yielded. Before its start:
  /// `on_ready` does not come any more.
  void let_go();

private:
  command_start(std::shared_ptr<const run_context> context, command_wish wish,
                start_listener listener)
    : context_(std::move(context)), wish_(std::move(wish)), listener_(std::move(listener)) {}

  void on_place();
  void run(const std::shared_ptr<const shell_snapshot>& snapshot);
  config::variables environment_of(const config::variables& parent) const;

  /// Makes the order one without login; no when it cannot be.
  bool spare_login(child_order& order, const shell_snapshot& x) const;

  std::shared_ptr<const run_context> context_;
  command_wish wish_;
  start_listener listener_;
  std::shared_ptr<command_place> place_;
};

} // namespace troupe::tool_runner
