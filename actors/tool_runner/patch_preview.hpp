#pragma once

#include "actors/tool_runner/file_view.hpp"
#include "actors/tool_runner/patch_parser.hpp"
#include "messages/event.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What a patch would do, found out before it does it. Contract tools.md 5.5, steps 1 and 2.
namespace troupe::tool_runner {

/// Unchanged lines around a change in `patch_apply_begin`.
inline constexpr std::size_t event_diff_context = 1;

/// Text read for one patch, each reading counted: a patch may name many large files, or one of them
/// many times.
inline constexpr std::size_t max_preview_bytes = 128 * 1024 * 1024;

struct patch_refusal {
  std::string message; ///< for the model, without "apply_patch verification failed: "
  bool operator==(const patch_refusal&) const = default;
};

/// The changes that `x` makes relative to `cwd`, keyed by absolute path, or the first reason why it
/// cannot be applied: an update that does not fit, a file that cannot be read. Each hunk sees the
/// effect of the ones before it, as it will when applied. Reads files, writes none.
std::variant<file_changes, patch_refusal> preview_patch(const patch& x, std::string_view cwd,
                                                        const file_view& files,
                                                        std::size_t max_bytes = max_preview_bytes);

/// Every path that `changes` write to or remove, move targets included.
std::vector<std::string> touched_paths(const file_changes& changes);

} // namespace troupe::tool_runner
