#pragma once

#include <span>
#include <string>
#include <string_view>

namespace troupe::tool_runner {

/// How this program is called to run another one where `/` is a mount point.
inline constexpr std::string_view root_mount_argument = "--troupe-run-with-root-mount";

/// Like net::cover_read_only.
using file_cover = bool(const char* const* files);

/// In a plain chroot `/` is a folder of some file system, and bubblewrap, which wants to change how
/// mounts spread from `/`, fails. Makes a mount namespace of its own in which the same files are at
/// a `/` that is one, covers the devices of a sandbox there, and becomes `command`. Needs
/// CAP_SYS_ADMIN. Returns an exit code when that fails, after a line on standard error.
int run_with_root_mount(std::span<const std::string> command, file_cover* cover);

} // namespace troupe::tool_runner
