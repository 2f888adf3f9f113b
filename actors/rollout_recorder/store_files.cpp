#include "actors/rollout_recorder/store_files.hpp"

#include "actors/rollout_recorder/file_lock.hpp"
#include "config/text_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace troupe::rollout_recorder {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_chunk_bytes = 64UL * 1024;
constexpr std::size_t min_chunk_bytes = 4UL * 1024; // files of /proc say they are empty
constexpr std::size_t max_character_bytes = 4;

std::error_code last_error() {
  return {errno, std::generic_category()};
}

template <class Call>
auto retried(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR)
    result = call();
  return result;
}

// O_NONBLOCK: a pipe where a rollout should be must not hang the opening; it changes nothing for
// regular files.
int open_file_at(const fs::path& file, int flags) {
  constexpr mode_t owner_only = 0600;
  return retried(
    [&] { return open(file.c_str(), flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, owner_only); });
}

/// Contract rollouts.md 6: failures name the folder and the cause.
std::string remedy(std::error_code cause) {
  switch (cause.value()) {
  case EACCES:
  case EPERM: return "check the owner and the permissions of the folder and its parents";
  case ENOENT: return "the storage may be missing";
  case EROFS:
    return "let CODEX_HOME name a folder that can be written, or keep no file (exec --ephemeral)";
  case ENOSPC:
  case EDQUOT: return "free some space";
  case EEXIST:
  case ENOTDIR: return "a file is where a folder should be";
  case EISDIR: return "a folder is where the file should be";
  case EMFILE:
  case ENFILE: return "too many files are open; raise the limit (ulimit -n)";
  default: return "check the folder";
  }
}

store_error unwritable(const fs::path& file, std::error_code cause) {
  return {errc::rollout_unwritable, fmt::format("cannot open the rollout {} for writing: {}; {}",
                                                file.string(), cause.message(), remedy(cause))};
}

store_error locked(const fs::path& file, const lock_result& lock) {
  if (lock.outcome == lock_outcome::held_here)
    return {errc::invalid_request, fmt::format("thread is already open ({})", file.string())};
  return {errc::rollout_unwritable, fmt::format("the rollout {} is open in {}; end that one first",
                                                file.string(), lock.holder)};
}

// What threads say and see is for their owner only. Files that are there keep their mode.
std::variant<int, std::error_code> open_or_create(const fs::path& file) {
  constexpr int flags = O_RDWR | O_APPEND;
  constexpr int attempts = 3; // another process may create and remove it meanwhile
  for (int i = 0; i < attempts; ++i) {
    if (const int number = open_file_at(file, flags); number >= 0 || errno != ENOENT)
      return number >= 0 ? std::variant<int, std::error_code>{number} : last_error();
    if (const auto error = config::create_private_folders(file.parent_path()))
      return error;
    if (const int number = open_file_at(file, flags | O_CREAT | O_EXCL); number >= 0) {
      config::make_private(number); // else the umask has narrowed it: no harm
      return number;
    }
    if (errno != EEXIST)
      return last_error();
  }
  return std::make_error_code(std::errc::no_such_file_or_directory);
}

std::optional<std::error_code> not_regular(int number) {
  struct stat status {};
  if (fstat(number, &status) != 0)
    return last_error();
  if (S_ISDIR(status.st_mode))
    return std::make_error_code(std::errc::is_a_directory);
  if (!S_ISREG(status.st_mode))
    return std::make_error_code(std::errc::invalid_argument);
  return std::nullopt;
}

/// How many bytes at the end belong to a character that is not complete.
std::size_t incomplete_bytes(std::string_view tail) {
  for (std::size_t back = 1; back <= std::min(tail.size(), max_character_bytes - 1); ++back) {
    const auto byte = static_cast<unsigned char>(tail[tail.size() - back]);
    if ((byte & 0xC0) == 0x80)
      continue;
    const std::size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

} // namespace

std::optional<std::string> read_small_file(const fs::path& file) {
  const auto opened = open_for_reading(file);
  const auto* in = std::get_if<descriptor>(&opened);
  if (!in)
    return std::nullopt;
  std::string text;
  const auto error = read_chunks(in->number(), [&](std::string_view chunk) {
    text += chunk;
    return text.size() <= max_small_file_bytes;
  });
  if (error || text.size() > max_small_file_bytes)
    return std::nullopt;
  return text;
}

std::variant<descriptor, store_error> open_for_appending(const fs::path& file, if_missing missing) {
  std::variant<int, std::error_code> opened;
  if (missing == if_missing::create) {
    opened = open_or_create(file);
  } else if (const int number = open_file_at(file, O_RDWR | O_APPEND); number >= 0) {
    opened = number;
  } else {
    opened = last_error();
  }
  if (const auto* error = std::get_if<std::error_code>(&opened)) {
    if (missing == if_missing::fail && *error == std::errc::no_such_file_or_directory)
      return store_error{errc::no_such_rollout,
                         fmt::format("there is no rollout {}", file.string())};
    return unwritable(file, *error);
  }
  descriptor result{std::get<int>(opened)};
  if (const auto error = not_regular(result.number()))
    return unwritable(file, *error);
  const auto lock = lock_file(result.number());
  if (lock.outcome != lock_outcome::locked)
    return locked(file, lock);
  return result;
}

std::variant<descriptor, std::error_code> open_for_reading(const fs::path& file) {
  const int number = open_file_at(file, O_RDONLY);
  if (number < 0)
    return last_error();
  descriptor result{number};
  if (const auto error = not_regular(number))
    return *error;
  return result;
}

written_bytes write_all(int descriptor, std::string_view bytes) {
  written_bytes result;
  while (result.count < bytes.size()) {
    const auto rest = bytes.substr(result.count);
    const auto count = retried([&] { return write(descriptor, rest.data(), rest.size()); });
    if (count < 0) {
      result.error = last_error();
      return result;
    }
    if (count == 0) { // no progress and no reason; going on might never end
      result.error = std::make_error_code(std::errc::io_error);
      return result;
    }
    result.count += static_cast<std::size_t>(count);
  }
  return result;
}

std::string mend_tail(int descriptor) {
  const auto size = file_size(descriptor);
  if (!size || *size == 0)
    return {};
  std::array<char, max_character_bytes> buffer;
  const auto wanted = std::min<std::uint64_t>(*size, buffer.size());
  const auto from = static_cast<off_t>(*size - wanted);
  const auto count = retried([&] { return pread(descriptor, buffer.data(), wanted, from); });
  if (count <= 0)
    return "\n"; // a blank line does no harm, a joined one loses two
  const std::string_view tail{buffer.data(), static_cast<std::size_t>(count)};
  if (tail.ends_with('\n'))
    return {};
  if (const auto incomplete = incomplete_bytes(tail); incomplete > 0) {
    const auto keep = static_cast<off_t>(*size - incomplete);
    retried([&] { return ftruncate(descriptor, keep); });
  }
  return "\n";
}

std::error_code read_chunks(int descriptor, const std::function<bool(std::string_view)>& take) {
  const auto size = file_size(descriptor).value_or(0);
  std::string buffer(std::clamp<std::uint64_t>(size + 1, min_chunk_bytes, max_chunk_bytes), '\0');
  off_t from = 0;
  for (;;) {
    const auto count =
      retried([&] { return pread(descriptor, buffer.data(), buffer.size(), from); });
    if (count < 0)
      return last_error();
    if (count == 0)
      return {};
    from += count;
    if (!take({buffer.data(), static_cast<std::size_t>(count)}))
      return {};
  }
}

std::optional<std::uint64_t> file_size(int descriptor) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0)
    return std::nullopt;
  return static_cast<std::uint64_t>(status.st_size);
}

} // namespace troupe::rollout_recorder
