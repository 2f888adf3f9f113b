#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

namespace troupe::config {

/// A folder that is opened once: what is written into it later goes there, wherever its name leads
/// by then, and follows no symbolic link. One descriptor. Blocks; used from any thread.
class private_folder {
public:
  /// What is missing of the path is created, as `create_private_folders` does.
  explicit private_folder(const std::filesystem::path& folder);
  private_folder(const private_folder&) = delete;
  private_folder& operator=(const private_folder&) = delete;
  ~private_folder();

  /// Replaces what is called `name` in one step by a file with mode 0600, whatever the umask. The
  /// error is that of the folder, where that could not be opened.
  std::error_code write(const std::string& name, std::string_view text) const;

private:
  int descriptor_ = -1;
  std::error_code error_;
};

} // namespace troupe::config
