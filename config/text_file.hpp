#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <variant>

namespace troupe::config {

/// The whole file. `std::errc::file_too_large` over `max_bytes`; `std::errc::is_a_directory` and
/// the like for what is no regular file, so that a pipe or a device never blocks a start.
std::variant<std::string, std::error_code> read_text_file(const std::filesystem::path& file,
                                                          std::size_t max_bytes);

/// At most the first `max_bytes` of the file; same errors.
std::variant<std::string, std::error_code> read_text_prefix(const std::filesystem::path& file,
                                                            std::size_t max_bytes);

/// Replaces the file in one step by one with mode 0600; follows a symbolic link at `file`. Parent
/// folders are created.
std::error_code write_private_file(const std::filesystem::path& file, std::string_view text);

/// Without white space at both ends.
std::string_view trimmed(std::string_view text);

} // namespace troupe::config
