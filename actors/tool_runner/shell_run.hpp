#pragma once

#include "actors/tool_runner/captured_output.hpp"
#include "actors/tool_runner/child_run.hpp"
#include "actors/tool_runner/command_start_run.hpp"
#include "actors/tool_runner/run_context.hpp"

#include <memory>
#include <string>

namespace troupe::tool_runner {

/// A command of `shell`, `shell_command` or `local_shell`: begin event, decision, child, end event,
/// answer. Contract tools.md 3. Lives on the I/O thread until it has finished.
class shell_run final : public open_run, public std::enable_shared_from_this<shell_run> {
public:
  static std::shared_ptr<shell_run> start(std::shared_ptr<const run_context> context,
                                          const run_tool& call, shell_plan plan, call_sink sink);

  void cancel() override;

private:
  shell_run(std::shared_ptr<const run_context> context, const run_tool& call, shell_plan plan,
            call_sink sink);

  void begin();
  void run_child();
  void spawn(child_order order);
  void on_output(output_stream stream, std::string_view bytes);
  void on_end(const child_end& end);
  void fail(std::string text);
  void finish(std::string output, bool success);

  std::shared_ptr<const run_context> context_;
  shell_plan plan_;
  call_sink sink_;
  thread_id thread_;
  std::string tool_name_;
  std::string call_id_;
  shared_value<tool_context> settings_;
  exec_command_begin begin_;
  captured_output output_;
  std::shared_ptr<command_start> start_;
  std::shared_ptr<child_run> child_;
  child_run::clock::time_point started_ = child_run::clock::now();
};

} // namespace troupe::tool_runner
