#pragma once

#include "actors/tool_runner/owned_descriptor.hpp"
#include "messages/ids.hpp"

#include <memory>
#include <string>
#include <variant>

/// The folders that the tools of threads see as /tmp where it is private.
namespace troupe::tool_runner {

/// One folder per thread, in one of this process below CODEX_HOME/tmp, which no tool can reach
/// otherwise. Made when a tool first needs it, kept as long as the thread is known, removed with
/// it; all of them at the end. What a killed process has left is removed by the next one. Nothing
/// but the disk bounds what is in them: the watch over free space and the limit of a file do.
/// Its functions block, and may be called from any thread.
class thread_folders {
public:
  /// Error: a sentence with the cause.
  static std::variant<std::shared_ptr<const thread_folders>, std::string>
  make(const std::string& home);

  ~thread_folders();
  thread_folders(const thread_folders&) = delete;
  thread_folders& operator=(const thread_folders&) = delete;

  /// The path, made when need be; empty when that fails.
  std::string folder(const thread_id& thread) const;
  void remove(const thread_id& thread) const;

private:
  thread_folders(std::string path, owned_descriptor lock)
    : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;
  owned_descriptor lock_; ///< held as long as this process lives
};

} // namespace troupe::tool_runner
