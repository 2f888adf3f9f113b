#include "actors/tool_runner/patch_safety.hpp"

#include "actors/tool_runner/patch_preview.hpp"

#include <algorithm>

namespace troupe::tool_runner {

patch_decision judge_patch(const file_changes& changes, troupe::approval_policy policy,
                           sandbox_mode mode, const sandbox_plan& plan) {
  const auto is_free = !restricts_writing(mode);
  patch_decision result;
  result.where = is_free ? attempt::unsandboxed : attempt::sandboxed;
  if (changes.empty()) {
    result.result = verdict::forbidden;
    result.refusal = "patch rejected: empty patch";
    return result;
  }
  if (policy == approval_policy::untrusted) {
    result.result = verdict::prompt;
    return result;
  }
  const auto paths = touched_paths(changes);
  const auto all_writable = std::all_of(paths.begin(), paths.end(),
                                        [&](const auto& path) { return may_write(plan, path); });
  if (is_free || all_writable || policy == approval_policy::on_failure)
    return result;
  if (policy == approval_policy::never) {
    result.result = verdict::forbidden;
    result.refusal = "patch rejected: writing outside of the project; rejected by user approval "
                     "settings";
    return result;
  }
  result.result = verdict::prompt;
  return result;
}

} // namespace troupe::tool_runner
