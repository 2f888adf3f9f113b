#pragma once

#include <string>
#include <string_view>

/// Paths as text, without asking the file system.
namespace troupe::tool_runner {

/// `path` itself when it is absolute, else `path` below `folder`; "." and ".." are resolved
/// lexically, and a slash at the end is dropped.
std::string absolute_path(std::string_view folder, std::string_view path);

/// Whether `path` is `folder` or below it. Both absolute and normal (see `absolute_path`).
bool is_inside(std::string_view path, std::string_view folder);

/// The last component.
std::string_view file_name(std::string_view path);

} // namespace troupe::tool_runner
