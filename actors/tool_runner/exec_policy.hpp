#pragma once

#include "actors/tool_runner/shell_words.hpp"
#include "messages/settings.hpp"
#include "messages/tool.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// May a command run, must somebody be asked, is it forbidden? Contract tools.md 3.2 and 6.4
/// to 6.6.
namespace troupe::tool_runner {

enum class sandbox_request : std::uint8_t { use_default, require_escalated };

/// In the order of strictness: the strictest wins.
enum class verdict : std::uint8_t { allow, prompt, forbidden };

struct policy_context {
  troupe::approval_policy approval_policy = troupe::approval_policy::never;
  sandbox_mode mode = sandbox_mode::read_only;
  sandbox_request request = sandbox_request::use_default;
  std::string justification; ///< the call's, shown when it is asked for
  tool_access access = tool_access::full;
};

/// Where a command's first attempt runs.
enum class attempt : std::uint8_t { sandboxed, unsandboxed };

struct exec_decision {
  verdict result = verdict::allow;
  std::string reason; ///< forbidden: the tool's output; prompt: the question's reason, may be empty
  attempt first = attempt::sandboxed;
  argument_list proposed_prefix; ///< for "do not ask again"; may be empty
  bool operator==(const exec_decision&) const = default;
};

exec_decision decide(const argument_list& argv, const policy_context& context);

/// The answer to a call that asks for escalation under a policy that does not allow it, or for an
/// agent that may only read; none when it may go on. `must_not` is the tool's wording: "should not"
/// or "cannot".
std::optional<std::string> escalation_refusal(const policy_context& context,
                                              std::string_view must_not);

/// Whether a command that the sandbox has denied may be tried again without it.
bool may_retry_unsandboxed(troupe::approval_policy policy);

/// Whether this mode sandboxes anything.
bool restricts_writing(sandbox_mode mode);

} // namespace troupe::tool_runner
