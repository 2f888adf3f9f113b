#pragma once

#include <chrono>
#include <filesystem>
#include <optional>

namespace troupe::common {

/// Whether there is such a folder. None: nobody knows, because its disk or share has not answered
/// for so long.
std::optional<bool> is_folder(const std::filesystem::path& path, std::chrono::milliseconds limit);

} // namespace troupe::common
