#pragma once

#include "actors/tool_runner/patch_parser.hpp"

#include <span>
#include <string>
#include <string_view>

/// Applying a patch to the disk: the program behind the tool. It runs as a child of its own, inside
/// the sandbox, and stand-alone as `apply_patch`. Contract tools.md 5.4 and 5.7.
namespace troupe::tool_runner {

/// First argument of this program when it is to be the patch program.
inline constexpr std::string_view apply_patch_argument = "--codex-run-as-apply-patch";

/// A patch on standard input or in the argument may have this size; models write some ten KiB.
inline constexpr std::size_t max_patch_bytes = 16 * 1024 * 1024;

struct program_outcome {
  int exit_code = 0; ///< 0 applied, 1 failed, 2 wrong usage
  std::string standard_output;
  std::string standard_error;
  bool operator==(const program_outcome&) const = default;
};

/// Applies the hunks of `text` one after the other, relative to `cwd`. A failure leaves what was
/// done before it. Blocks.
program_outcome apply_patch_text(std::string_view text, std::string_view cwd);

/// The whole program: the patch is the one argument, or standard input when there is none. Prints
/// what `apply_patch_text` says and returns its exit code. `arguments` are those behind the
/// program's name or behind `apply_patch_argument`.
int run_apply_patch(std::span<const std::string> arguments);

} // namespace troupe::tool_runner
