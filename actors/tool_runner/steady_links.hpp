#pragma once

#include "actors/tool_runner/path_view.hpp"
#include "actors/tool_runner/sandbox_plan.hpp"

#include <optional>
#include <string>
#include <string_view>

/// Where a symbolic link leads, and whether commands can change that. Pure.
namespace troupe::tool_runner {

/// What the link at `path` leads to, be it there or not, when it stays so as long as the plan's
/// mounts of roots are in place and `path` itself is put back: every folder on the way either
/// cannot be written or is a root, which cannot be renamed; and no root lies in what it leads to.
std::optional<std::string> steady_target(const std::string& path, const sandbox_plan& plan,
                                         const path_view& files);

/// Are the files that commands see at `path` the machine's own, and can they write them?
bool is_writable_place(const sandbox_plan& plan, std::string_view path);

} // namespace troupe::tool_runner
