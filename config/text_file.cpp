#include "config/text_file.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
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
class descriptor {
public:
  explicit descriptor(int number) : number_(number) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (number_ >= 0)
      ::close(number_);
  }

  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }

  std::error_code close() {
    return ::close(std::exchange(number_, -1)) == 0 ? std::error_code{} : last_error();
  }

private:
  int number_;
};

std::error_code refuse_irregular(const descriptor& file) {
  struct stat status {};
  if (::fstat(file.number(), &status) != 0)
    return last_error();
  if (S_ISDIR(status.st_mode))
    return std::make_error_code(std::errc::is_a_directory);
  if (!S_ISREG(status.st_mode))
    return std::make_error_code(std::errc::invalid_argument);
  return {};
}

std::error_code write_all(const descriptor& file, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(file.number(), text.data(), text.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return last_error();
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

std::error_code write_new_file(const fs::path& file, std::string_view text) {
  descriptor out{::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (!out.is_open())
    return last_error();
  if (const auto error = write_all(out, text))
    return error;
  if (::fsync(out.number()) != 0)
    return last_error();
  return out.close();
}

} // namespace

std::variant<std::string, std::error_code> read_text_prefix(const fs::path& file,
                                                            std::size_t max_bytes) {
  const descriptor in{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
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

std::variant<std::string, std::error_code> read_text_file(const fs::path& file,
                                                          std::size_t max_bytes) {
  auto text = read_text_prefix(file, max_bytes + 1);
  if (const auto* content = std::get_if<std::string>(&text); content && content->size() > max_bytes)
    return std::make_error_code(std::errc::file_too_large);
  return text;
}

std::error_code write_private_file(const fs::path& file, std::string_view text) {
  std::error_code error;
  const auto target = fs::weakly_canonical(file, error);
  if (error)
    return error;
  fs::create_directories(target.parent_path(), error);
  if (error)
    return error;
  auto draft = target;
  draft += ".tmp." + std::to_string(::getpid());
  fs::remove(draft, error); // left by a process that died with the same id
  error = write_new_file(draft, text);
  if (!error)
    fs::rename(draft, target, error);
  if (error) {
    std::error_code ignored;
    fs::remove(draft, ignored);
  }
  return error;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view white_space = " \t\r\n\v\f";
  const auto first = text.find_first_not_of(white_space);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(white_space) - first + 1);
}

} // namespace troupe::config
