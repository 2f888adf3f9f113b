#pragma once

#include <filesystem>

/// While a command runs, the sandbox keeps a missing `.git`, `.codex` or `.agents` of a writable
/// root (the machine's /tmp may be one) from being made, by an empty folder with a mark. For the
/// rest of the program such a folder does not exist: it comes and goes.
namespace troupe::config {

/// The sticky bit on an empty folder of such a name is the mark: no program sets it there. The
/// umask may take other bits away.
inline constexpr unsigned placeholder_mode = 01755;
inline constexpr unsigned placeholder_mark = 01700;

/// Is something other than a placeholder at `path`? Blocks.
bool is_there(const std::filesystem::path& path);

} // namespace troupe::config
