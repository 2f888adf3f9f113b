#pragma once

#include "actors/tool_runner/exec_policy.hpp"
#include "actors/tool_runner/sandbox_plan.hpp"
#include "messages/event.hpp"
#include "messages/settings.hpp"

#include <cstdint>
#include <string>

/// May a patch be applied, and how? Contract tools.md 5.5, step 3.
namespace troupe::tool_runner {

struct patch_decision {
  verdict result = verdict::allow;
  std::string refusal; ///< forbidden: the tool's output
  attempt where = attempt::sandboxed;
  bool operator==(const patch_decision&) const = default;
};

/// `plan` is what the sandbox policy allows to write; it does not matter where writing is not
/// restricted.
patch_decision judge_patch(const file_changes& changes, troupe::approval_policy policy,
                           sandbox_mode mode, const sandbox_plan& plan);

} // namespace troupe::tool_runner
