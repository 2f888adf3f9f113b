#include "config/private_folder.hpp"

#include "config/text_file.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <unistd.h>

namespace troupe::config {

namespace {

std::error_code error_of_call() {
  return {errno, std::generic_category()};
}

std::error_code write_whole(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return error_of_call();
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(descriptor) == 0 ? std::error_code{} : error_of_call();
}

std::error_code write_draft(int folder, const std::string& name, std::string_view text) {
  constexpr auto flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  const int descriptor = ::openat(folder, name.c_str(), flags, 0600);
  if (descriptor < 0)
    return error_of_call();
  auto error = make_private(descriptor);
  if (!error)
    error = write_whole(descriptor, text);
  if (::close(descriptor) != 0 && !error)
    error = error_of_call();
  return error;
}

} // namespace

private_folder::private_folder(const std::filesystem::path& folder)
  : error_(create_private_folders(folder)) {
  if (error_)
    return;
  descriptor_ = ::open(folder.empty() ? "." : folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (descriptor_ < 0)
    error_ = error_of_call();
}

private_folder::~private_folder() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
}

std::error_code private_folder::write(const std::string& name, std::string_view text) const {
  if (error_)
    return error_;
  const auto draft = name + ".tmp." + std::to_string(::getpid());
  ::unlinkat(descriptor_, draft.c_str(), 0); // left by a process that died with the same id
  auto error = write_draft(descriptor_, draft, text);
  if (!error && ::renameat(descriptor_, draft.c_str(), descriptor_, name.c_str()) != 0)
    error = error_of_call();
  if (error)
    ::unlinkat(descriptor_, draft.c_str(), 0);
  return error;
}

} // namespace troupe::config
