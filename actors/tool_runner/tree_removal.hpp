#pragma once

#include <chrono>
#include <cstdint>
#include <string>

/// Removal of folders whose content a hostile program has made. Blocks; used from any thread.
namespace troupe::tool_runner {

enum class removal : std::uint8_t { complete, partial };

/// Removes everything in `folder` (an open descriptor, not O_PATH), which belongs to this program.
/// Follows no links; opens folders whose modes are closed; does not care how deep they are, for
/// each is moved to the top before it is emptied. Ends at `until`: what stays then, or cannot be
/// removed, lies in `folder` still.
removal empty_folder(int folder, std::chrono::steady_clock::time_point until);

/// The same for one entry of `folder`, itself included.
removal remove_entry(int folder, const std::string& name,
                     std::chrono::steady_clock::time_point until);

} // namespace troupe::tool_runner
