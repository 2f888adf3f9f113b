#pragma once

#include "actors/tool_runner/child_end.hpp"
#include "actors/tool_runner/exec_policy.hpp"
#include "actors/tool_runner/owned_descriptor.hpp"
#include "actors/tool_runner/run_context.hpp"
#include "actors/tool_runner/tool_arguments.hpp"
#include "messages/event.hpp"
#include "messages/tool.hpp"
#include "net/process.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::tool_runner {

/// A child to be started for a call.
struct child_order {
  thread_id thread;              ///< whose call it is; none: nobody's
  std::vector<std::string> argv; ///< not empty
  std::string cwd;
  std::vector<std::string> environment; ///< "NAME=value"
  attempt where = attempt::sandboxed;
  sandbox_policy policy;
  std::string policy_cwd;
  shared_value<std::vector<root_identity>> roots; ///< see tool_context
  terminal_wish tty = terminal_wish::none;
  std::optional<std::string> input;                 ///< none: the null device, or the terminal
  std::optional<std::chrono::milliseconds> timeout; ///< none: it may run forever
  owned_descriptor definitions = {}; ///< for a shell, as `definitions_descriptor`; may be none
  owned_descriptor sandbox_arguments = {}; ///< more arguments of bubblewrap; may be none
};

/// On the I/O thread, in this order. Released after `on_end` or `abandon`.
struct child_listener {
  std::function<void()> on_start; ///< not for a child that could not be tried
  std::function<void(output_stream, std::string_view)> on_output;
  std::function<void(child_end)> on_end; ///< exactly once, unless abandoned
};

struct sandbox_launch;
class held_placeholders;
class sandbox_watch;

/// One child from its preparation to its end: sandbox, time limit, killing. Lives on the I/O
/// thread, kept alive by what it waits for.
class child_run : public std::enable_shared_from_this<child_run> {
public:
  using clock = std::chrono::steady_clock;

  /// A child that was killed but cannot end (it hangs in the kernel) is given up after this.
  static constexpr std::chrono::seconds kill_limit{10};

  static std::shared_ptr<child_run> start(std::shared_ptr<const run_context> context,
                                          child_order order, child_listener listener);

  /// Kills the process group; `on_end` still comes.
  void kill();

  /// Kills the process group; nothing comes any more.
  void abandon();

  /// To its standard input, when it has a terminal.
  void write(std::string bytes);

private:
  child_run(std::shared_ptr<const run_context> context, child_order order, child_listener listener)
    : context_(std::move(context)), order_(std::move(order)), listener_(std::move(listener)) {}

  bool is_call() const { return order_.thread != thread_id{}; } ///< or something of ours
  void prepare();
  void spawn(net::process_options options);
  void spawn_sandboxed(sandbox_launch launch);
  void take_output(net::output_stream stream, std::string_view bytes);
  void look_at_covers(const std::shared_ptr<sandbox_watch>& watch);
  void clear_away();
  void on_timeout();
  void on_exit(net::process_outcome outcome);
  void refuse_silence();
  void refuse(child_end& x, const net::process_outcome& outcome);
  void tell_bound(child_end& x, const std::string& bound);
  void end(child_end x);

  enum class stage : std::uint8_t { preparing, running, killed, ended };

  std::shared_ptr<const run_context> context_;
  child_order order_;
  child_listener listener_;
  net::process_handle process_;
  net::timer_handle timer_;
  std::shared_ptr<held_placeholders> placeholders_;
  std::string head_; ///< of all that a sandboxed call has put out
  std::shared_ptr<sandbox_watch> watch_;
  clock::time_point started_;
  stage stage_ = stage::preparing;
  bool has_timed_out_ = false;
  bool has_failed_early_ = false; ///< the sandbox, before its command began
  std::string cover_problem_;     ///< for which we have ended it
};

} // namespace troupe::tool_runner
