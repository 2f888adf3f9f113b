#pragma once

#include "actors/tool_runner/call_plan.hpp"
#include "config/credential_names.hpp"
#include "config/shell_environment.hpp"
#include "messages/tool.hpp"
#include "net/io_pool.hpp"
#include "net/process_bounds.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// What the classes around running calls (`*_run`) share. They live on the one thread of an I/O
/// pool; nothing in them needs a lock.
namespace troupe::tool_runner {

class command_places;
class sandbox_launcher;
class shell_snapshots;

/// Told of a call that was refused because no sandbox can be set up on this machine, or for its
/// folder, or because no command can be started at all. From the I/O thread; empty: nobody wants to
/// know.
using refusal_handler = std::function<void(const thread_id&, const std::string& problem)>;

struct run_context {
  net::io_pool& io;                                ///< one thread
  std::function<void(std::function<void()>)> post; ///< runs blocking work elsewhere
  std::shared_ptr<sandbox_launcher> sandbox;
  config::variables environment;   ///< of this process, without `withheld`, before any policy
  config::variable_names withheld; ///< what this program logs in with: no tool inherits it
  refusal_handler on_refused;
  std::string own_program; ///< this program's file, to be the patch program
  std::string own_image;   ///< the same outside of a sandbox, see sandbox_setup
  shell_environment shells;
  std::shared_ptr<command_places> places;
  std::shared_ptr<shell_snapshots> snapshots; ///< null: every login shell is started
  net::process_bounds bounds;                 ///< of each command

  /// An exec_command that the sandbox stops within this time counts as never started.
  std::chrono::milliseconds early_exit_window{150};

  /// What is looked at for a sandbox may lie on a disk that hangs. A machine under heavy load takes
  /// seconds for it.
  std::chrono::milliseconds preparation_limit{60'000};
};

/// Why a call has no result: the protocol was violated.
struct call_error {
  std::string message;
};

/// Where the news of a call goes; all may be called until `finish` was, which is called exactly
/// once. `progress` may be called after it for processes that go on. From the I/O thread.
struct call_sink {
  std::function<void(std::vector<event_msg>)> progress;
  std::function<void(call_stage)> stage;
  std::function<void(std::variant<tool_result, call_error>)> finish;
};

/// A call that runs. Its owner lets go of it after `finish`.
class open_run {
public:
  virtual ~open_run() = default;

  /// Ends the work at once and finishes with the abort text.
  virtual void cancel() = 0;
};

/// Runs `work` where it may block, then `then` with its result on the I/O thread.
template <class Work, class Then>
void run_blocking(const run_context& context, Work work, Then then) {
  context.post([&io = context.io, work = std::move(work), then = std::move(then)]() mutable {
    auto result = std::make_shared<decltype(work())>(work());
    io.post(
      [result = std::move(result), then = std::move(then)]() mutable { then(std::move(*result)); });
  });
}

} // namespace troupe::tool_runner
