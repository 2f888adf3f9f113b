#pragma once

#include "actors/tool_runner/captured_output.hpp"
#include "actors/tool_runner/child_run.hpp"
#include "actors/tool_runner/command_places_run.hpp"
#include "actors/tool_runner/patch_safety.hpp"
#include "actors/tool_runner/run_context.hpp"
#include "actors/tool_runner/turn_diff_tracker.hpp"

#include <functional>
#include <memory>
#include <string>
#include <variant>

namespace troupe::tool_runner {

/// What the running patch of a thread has for itself.
struct patch_place {
  std::shared_ptr<turn_diff_tracker> diff;
  std::shared_ptr<void> lease; ///< its last owner lets the next patch start, from any thread
};

/// A patch: verified against the files, judged, applied by this program as a sandboxed child, and
/// added to the diff of its turn. Contract tools.md 5.5. Lives on the I/O thread until it has
/// finished.
///
/// Patches of one thread must run one after the other, because `diff` is used by their blocking
/// work, which goes on for a moment after a cancel. `place` is released when the next one may
/// start.
class patch_run final : public open_run, public std::enable_shared_from_this<patch_run> {
public:
  /// A patch above this size goes to the child's standard input: the kernel refuses longer
  /// arguments (128 KiB each).
  static constexpr std::size_t max_argument_bytes = 100 * 1024;

  static std::shared_ptr<patch_run> start(std::shared_ptr<const run_context> context,
                                          const run_tool& call, patch_plan plan, patch_place place,
                                          call_sink sink);

  void cancel() override;

private:
  /// What was found out about the patch where it may block.
  struct verification;

  patch_run(std::shared_ptr<const run_context> context, const run_tool& call, patch_plan plan,
            patch_place place, call_sink sink);

  /// Blocks; what the patch is judged and shown by.
  using planner = std::function<std::variant<sandbox_plan, sandbox_problem>()>;
  struct sight;
  static sight look(const planner& plan);

  planner make_planner() const;
  void verify();
  void on_verified(verification x);
  void refuse(const std::string& why);
  void wait_for_turn();
  void apply();
  void on_output(output_stream stream, std::string_view bytes);
  void on_end(const child_end& end);
  void tell_end(const exec_outcome& outcome);
  void tell_diff(std::string output, bool success);
  void finish(std::string output, bool success);
  bool is_over() const { return sink_.finish == nullptr; }

  std::shared_ptr<const run_context> context_;
  patch_plan plan_;
  patch_place place_;
  call_sink sink_;
  thread_id thread_;
  std::string tool_name_;
  std::string call_id_;
  shared_value<tool_context> settings_;
  file_changes changes_;
  attempt where_ = attempt::sandboxed;
  captured_output output_;
  std::shared_ptr<command_place> turn_; ///< among the commands that may run
  std::shared_ptr<child_run> child_;
  child_run::clock::time_point started_ = child_run::clock::now();
};

} // namespace troupe::tool_runner
