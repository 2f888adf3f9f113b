#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

/// Patches that a model sends through a shell instead of the patch tool. Contract tools.md 5.6.
namespace troupe::tool_runner {

/// To be handled as a patch.
struct patch_call {
  std::string patch;                 ///< its text, not yet parsed
  std::optional<std::string> folder; ///< relative to the call's working directory
  bool operator==(const patch_call&) const = default;
};

/// The text of a patch without a program to apply it; answered with `implicit_patch_refusal`.
struct implicit_patch {
  bool operator==(const implicit_patch&) const = default;
};

struct ordinary_command {
  bool operator==(const ordinary_command&) const = default;
};

using interception = std::variant<ordinary_command, patch_call, implicit_patch>;

/// Looks at the argv that a shell tool is about to run.
interception intercept_patch(std::span<const std::string> argv);

inline constexpr std::string_view implicit_patch_refusal =
  "apply_patch verification failed: patch detected without explicit call to apply_patch. Rerun as "
  "[\"apply_patch\", \"<patch>\"]";

/// What is recorded as a user message when a patch came through `tool`.
std::string interception_warning(std::string_view tool);

} // namespace troupe::tool_runner
