#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <variant>

namespace troupe::config {

/// The bytes of the whole file. `std::errc::file_too_large` over `max_bytes`;
/// `std::errc::is_a_directory` and the like for what is no regular file, so that a pipe or a device
/// never blocks a start.
std::variant<std::string, std::error_code> read_file(const std::filesystem::path& file,
                                                     std::size_t max_bytes);

/// At most the first `max_bytes` of the file; same errors.
std::variant<std::string, std::error_code> read_file_prefix(const std::filesystem::path& file,
                                                            std::size_t max_bytes);

/// The whole file as UTF-8, without a byte order mark; UTF-16 with one is converted. Text that is
/// none is an error whose message names the line. All text that people write or keep comes in by
/// this, but for what is read line by line (`without_mark`): there one bad line must not cost the
/// others.
std::variant<std::string, std::error_code> read_text_file(const std::filesystem::path& file,
                                                          std::size_t max_bytes);

/// `text` without the byte order mark of UTF-8 at its start.
std::string_view without_mark(std::string_view text);

/// Replaces the file in one step by one with mode 0600, whatever the umask; follows a symbolic link
/// at `file`. Parent folders are created, as `create_private_folders` does.
std::error_code write_private_file(const std::filesystem::path& file, std::string_view text);

/// Creates what is missing of the folder's path with mode 0700, whatever the umask. What is there
/// keeps its mode: it may be meant.
std::error_code create_private_folders(const std::filesystem::path& folder);

/// Sets the mode of a file just created to 0600, which the umask may have narrowed.
std::error_code make_private(int descriptor);

/// Without white space at both ends.
std::string_view trimmed(std::string_view text);

} // namespace troupe::config
