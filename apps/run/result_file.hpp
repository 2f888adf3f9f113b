#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <variant>

/// The results folder: results.jsonl, which only grows, and summary.json. Everything here blocks.
namespace troupe::run {

inline constexpr std::size_t max_result_file_bytes = 4UL * 1024 * 1024 * 1024;

std::filesystem::path results_path(const std::filesystem::path& out);
std::filesystem::path summary_path(const std::filesystem::path& out);

/// Appends lines to results.jsonl. One process at a time: `open` takes a lock on the file.
class result_file {
public:
  /// Creates file and folder when they are missing. `std::errc::resource_unavailable_try_again`
  /// while another run holds the lock.
  static std::variant<result_file, std::error_code> open(const std::filesystem::path& out);

  result_file(result_file&& other) noexcept;
  result_file& operator=(result_file&&) = delete;
  ~result_file();

  /// Everything that is in the file.
  std::variant<std::string, std::error_code> read() const;

  /// Writes `lines` at the end and waits until they are on the disk. When that fails, the file is
  /// as it was before.
  std::error_code append(std::string_view lines) const;

private:
  explicit result_file(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

/// Replaces the file in one step; follows no link beside it.
std::error_code replace_file(const std::filesystem::path& file, std::string_view text);

} // namespace troupe::run
