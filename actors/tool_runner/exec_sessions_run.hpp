#pragma once

#include "actors/tool_runner/exec_session_run.hpp"
#include "actors/tool_runner/run_context.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>

namespace troupe::tool_runner {

/// The open processes of one thread's exec_command calls. Contract tools.md 4. At most
/// `max_open_processes` are kept; those that start are bounded by the calls that start them.
class exec_sessions : public std::enable_shared_from_this<exec_sessions> {
public:
  /// `on_empty` is called when the last process is gone.
  exec_sessions(std::uint32_t seed, std::function<void()> on_empty)
    : random_(seed), on_empty_(std::move(on_empty)) {}

  /// Runs a command. The result waits for its answer; null when it is answered already.
  std::shared_ptr<open_run> start(std::shared_ptr<const run_context> context, const run_tool& call,
                                  exec_plan plan, call_sink sink);

  /// Writes to a process or waits for its output. As `start`.
  std::shared_ptr<open_run> read(const run_tool& call, const write_stdin_arguments& arguments,
                                 call_sink sink);

  /// Kills all processes; their ends are still told.
  void terminate_all();

  /// Kills all processes; nothing is told any more.
  void abandon_all();

  bool empty() const { return sessions_.empty(); }
  std::size_t size() const { return sessions_.size(); }

private:
  std::optional<std::string> make_room_for(std::int32_t id);
  void remove(std::int32_t id);

  std::minstd_rand random_; // small: there is one per thread
  std::function<void()> on_empty_;
  std::map<std::int32_t, std::shared_ptr<exec_session>> sessions_;
};

} // namespace troupe::tool_runner
