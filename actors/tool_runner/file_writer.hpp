#pragma once

#include <string>
#include <string_view>
#include <system_error>

/// Changes of files on disk for the patch program. Blocks.
namespace troupe::tool_runner {

/// Makes `path` a file with this content. An existing file keeps its mode and owner and is replaced
/// in one step, so that a full disk or a kill leaves the old or the new text; a symbolic link is
/// followed. Where that is not possible (several hard links, a folder that is not writable, a mount
/// point) the file is written in place. Only regular files are written.
/// A new file has mode 0666 less the umask.
std::error_code write_file(const std::string& path, std::string_view content);

/// Creates the folders above `path`.
std::error_code create_parents(const std::string& path);

/// Gives `to` the permissions of `from`; without effect when that fails.
void copy_permissions(const std::string& from, const std::string& to);

/// Removes a file or link, never a folder.
std::error_code remove_file(const std::string& path);

/// Whether both names lead to the same file now.
bool is_same_file(const std::string& a, const std::string& b);

} // namespace troupe::tool_runner
