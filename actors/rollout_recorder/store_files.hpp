#pragma once

#include "actors/rollout_recorder/descriptor.hpp"
#include "messages/errors.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <variant>

/// Blocking work on single files.
namespace troupe::rollout_recorder {

/// Why an operation of the store failed; `message` is a whole sentence with cause and remedy.
struct store_error {
  errc code = errc::internal;
  std::string message;
  bool operator==(const store_error&) const = default;
};

/// Larger files are not read by `read_small_file`: enough for the packed references of a large
/// repository.
inline constexpr std::size_t max_small_file_bytes = 8UL * 1024 * 1024;

/// None when there is no such regular file, it cannot be read, or it is too large.
std::optional<std::string> read_small_file(const std::filesystem::path& file);

enum class if_missing : std::uint8_t { create, fail };

/// Opens a rollout for appending and reading and locks it. `create` makes missing folders, too.
/// Errors: `no_such_rollout`, `rollout_unwritable` (also when another process has it open),
/// `invalid_request` when this process has it open already.
std::variant<descriptor, store_error> open_for_appending(const std::filesystem::path& file,
                                                         if_missing missing);

/// Opens a regular file for reading.
std::variant<descriptor, std::error_code> open_for_reading(const std::filesystem::path& file);

struct written_bytes {
  std::size_t count = 0;
  std::error_code error; ///< none: everything was written
};

/// Writes at the end, going on after short writes.
written_bytes write_all(int descriptor, std::string_view bytes);

/// What has to be written before the next line so that it starts on a line of its own: nothing or a
/// newline. A character that the tail ends inside of is cut off first: other readers refuse a file
/// that is not UTF-8, and no line that was acknowledged ends this way.
std::string mend_tail(int descriptor);

/// Feeds the file from its start to `take`, until it answers false.
std::error_code read_chunks(int descriptor, const std::function<bool(std::string_view)>& take);

/// Bytes of the file; none when that cannot be told.
std::optional<std::uint64_t> file_size(int descriptor);

} // namespace troupe::rollout_recorder
