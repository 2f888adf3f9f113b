#pragma once

#include "actors/tool_runner/owned_descriptor.hpp"
#include "messages/root_identity.hpp"
#include "messages/settings.hpp"

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Which folders the writable roots are, and whether they still are. Blocks; Linux only.
namespace troupe::tool_runner {

/// What `path` is now. Symbolic links are followed once, here and never again.
root_identity identify(const std::string& path);

/// Of every root that a thread in `cwd` could get with this policy; at its start.
std::vector<root_identity> identify_roots(const sandbox_policy& policy, const std::string& cwd,
                                          std::string_view tmpdir);

/// The identity in `known` of what the policy calls `given`; null: not known.
const root_identity* find_identity(std::span<const root_identity> known, std::string_view given);

/// The folder itself, opened as a mere place (O_PATH) without following any symbolic link, when it
/// is still the one of `expected`; else a sentence for the tool's output. One that was missing
/// counts when it is there now without links on the way. On overlays the birth time is not
/// compared (a first change copies the folder), on FUSE nothing but the device.
std::variant<owned_descriptor, std::string> open_unchanged(const root_identity& expected);

} // namespace troupe::tool_runner
