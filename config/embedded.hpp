#pragma once

#include <string_view>

namespace troupe::config {

/// The content of a file below config/data as it was at build time, for example
/// `instructions/core.md`; empty when there is no such file.
std::string_view embedded_text(std::string_view name);

} // namespace troupe::config
