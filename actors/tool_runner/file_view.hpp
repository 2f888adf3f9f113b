#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>
#include <variant>

namespace troupe::tool_runner {

enum class file_mode : std::uint8_t { regular, executable };

struct file_snapshot {
  std::string content;
  file_mode mode = file_mode::regular;
  bool operator==(const file_snapshot&) const = default;
};

/// The files that patches are made for, so that the logic can be tested without a disk. Paths are
/// absolute. Errors: `std::errc::no_such_file_or_directory`, `file_too_large`, `is_a_directory`, …
class file_view {
public:
  /// Beyond this a file is refused: its text travels in events and its lines are searched.
  static constexpr std::size_t max_file_bytes = 16 * 1024 * 1024;

  virtual ~file_view() = default;
  virtual std::variant<file_snapshot, std::error_code> read(const std::string& path) const = 0;
};

/// The disk. Blocks; refuses everything but regular files, and never waits for a pipe or device.
class disk_files final : public file_view {
public:
  std::variant<file_snapshot, std::error_code> read(const std::string& path) const override;
};

/// What is in an opened file; refuses everything but regular ones.
std::variant<file_snapshot, std::error_code> read_file(int fd);

} // namespace troupe::tool_runner
