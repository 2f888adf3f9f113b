#pragma once

#include <optional>
#include <string>

namespace troupe::config {

/// Why the file of a private key must not be believed: others can read or write it, or replace it
/// in its folder. With the remedy. None: it is private, or not there. Root counts as nobody else; a
/// folder where only owners may replace files (/tmp) is safe.
std::optional<std::string> exposure_of(const std::string& path);

} // namespace troupe::config
