#pragma once

#include "messages/collaboration_mode.hpp"
#include "messages/identity.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The masks that come with the program (contracts models-manager.md 16, model-switching.md).
namespace troupe::config {

/// Plan, Default.
const std::vector<collaboration_mask>& builtin_modes();

/// The built-in text of a mode, placeholders filled in: what a client means that names a mode and
/// no instructions.
const std::string& mode_instructions(mode_kind x);

/// May the model ask its user with `request_user_input`?
constexpr bool may_request_user_input(mode_kind x) {
  return x == mode_kind::plan;
}

/// "Default and Plan": two names are joined by "and", more by commas, too; none is "none".
std::string joined_names(std::span<const std::string_view> names);

/// Nobody, planner, programmer, explorer, reviewer.
const std::vector<identity_mask>& builtin_identities();

/// The one of that kind.
const identity_mask& identity_mask_of(identity_kind x);

} // namespace troupe::config
