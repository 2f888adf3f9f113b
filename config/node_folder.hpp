#pragma once

#include <optional>
#include <string>

namespace troupe::config {

/// Why `folder` is not what `troupe cluster ca issue` made for a node, and what is expected in its
/// place; none: its files can be read one by one. Looks at names only.
std::optional<std::string> problem_of_node_folder(const std::string& folder);

} // namespace troupe::config
