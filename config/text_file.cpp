#include "config/text_file.hpp"

#include "config/file_descriptor.hpp"
#include "config/private_folder.hpp"
#include "config/text_decoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace troupe::config {

namespace fs = std::filesystem;

namespace {

std::error_code last_error() {
  return {errno, std::generic_category()};
}

/// Owns a file descriptor.
/// Files that hold no text. The value is the number of the line, or says what is wrong as a whole.
class text_category : public std::error_category {
public:
  static constexpr int wrong_kind = -1;
  static constexpr int irregular = -2;

  const char* name() const noexcept override { return "text"; }
  std::string message(int line) const override {
    if (line == irregular)
      return "it is not a regular file, but a pipe, a socket or a device";
    if (line == wrong_kind)
      return "it is not valid UTF-16, or another kind of text than UTF-8; convert it to UTF-8";
    return fmt::format("line {} is not valid UTF-8; convert the file to UTF-8", line);
  }
  std::error_condition default_error_condition(int line) const noexcept override {
    if (line == irregular)
      return std::errc::invalid_argument;
    return {line, *this};
  }
};

const text_category& texts() {
  static const text_category category;
  return category;
}

std::error_code not_text(std::string_view bytes, std::optional<std::size_t> offset) {
  if (!offset)
    return {text_category::wrong_kind, texts()};
  const auto lines = std::ranges::count(without_mark(bytes).substr(0, *offset), '\n');
  return {static_cast<int>(lines) + 1, texts()};
}

std::error_code refuse_irregular(const file_descriptor& file) {
  struct stat status {};
  if (::fstat(file.number(), &status) != 0)
    return last_error();
  if (S_ISDIR(status.st_mode))
    return std::make_error_code(std::errc::is_a_directory);
  if (!S_ISREG(status.st_mode))
    return {text_category::irregular, texts()};
  return {};
}

} // namespace

std::variant<std::string, std::error_code> read_file_prefix(const fs::path& file,
                                                            std::size_t max_bytes) {
  const file_descriptor in{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!in.is_open())
    return last_error();
  if (const auto error = refuse_irregular(in))
    return error;
  std::string text;
  constexpr std::size_t block_bytes = 64 * 1024;
  while (text.size() < max_bytes) {
    const auto before = text.size();
    text.resize(std::min(max_bytes, before + block_bytes));
    const auto count = ::read(in.number(), text.data() + before, text.size() - before);
    if (count < 0 && errno != EINTR)
      return last_error();
    text.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count == 0)
      break;
  }
  return text;
}

std::variant<std::string, std::error_code> read_file(const fs::path& file, std::size_t max_bytes) {
  auto text = read_file_prefix(file, max_bytes + 1);
  if (const auto* content = std::get_if<std::string>(&text); content && content->size() > max_bytes)
    return std::make_error_code(std::errc::file_too_large);
  return text;
}

std::variant<std::string, std::error_code> read_text_file(const fs::path& file,
                                                          std::size_t max_bytes) {
  auto bytes = read_file(file, max_bytes);
  if (const auto* error = std::get_if<std::error_code>(&bytes))
    return *error;
  auto text = decode_text(std::get<std::string>(bytes));
  if (const auto* problem = std::get_if<decoding_problem>(&text))
    return not_text(std::get<std::string>(bytes), problem->offset);
  return std::get<std::string>(std::move(text));
}

std::string_view without_mark(std::string_view text) {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  return text.starts_with(mark) ? text.substr(mark.size()) : text;
}

std::error_code create_private_folders(const fs::path& folder) {
  std::error_code error;
  if (folder.empty() || fs::is_directory(folder, error))
    return {};
  if (folder.has_relative_path() && folder.has_parent_path() && folder.parent_path() != folder)
    if (const auto failed = create_private_folders(folder.parent_path()))
      return failed;
  if (::mkdir(folder.c_str(), S_IRWXU) != 0) {
    const auto failed = last_error();
    const bool made_by_another =
      failed == std::errc::file_exists && fs::is_directory(folder, error);
    return made_by_another ? std::error_code{} : failed;
  }
  return ::chmod(folder.c_str(), S_IRWXU) == 0 ? std::error_code{} : last_error();
}

std::error_code make_private(int descriptor) {
  return ::fchmod(descriptor, S_IRUSR | S_IWUSR) == 0 ? std::error_code{} : last_error();
}

std::error_code write_private_file(const fs::path& file, std::string_view text) {
  std::error_code error;
  const auto target = fs::weakly_canonical(file, error);
  if (error)
    return error;
  return private_folder{target.parent_path()}.write(target.filename().string(), text);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view white_space = " \t\r\n\v\f";
  const auto first = text.find_first_not_of(white_space);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(white_space) - first + 1);
}

} // namespace troupe::config
