#pragma once

#include "messages/settings.hpp"

#include <optional>
#include <string_view>

namespace troupe::config {

class table_reader;

/// The sandbox mode that `key` of a table names, which is called as errors shall call it. A mode
/// that only other programs can ask for is refused like one that there is not.
std::optional<sandbox_mode> read_sandbox_mode(const table_reader& from, std::string_view key,
                                              std::string_view called);

} // namespace troupe::config
