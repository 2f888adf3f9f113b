#pragma once

#include "apps/common/turn_outcome.hpp"

#include <filesystem>
#include <string>

/// The file of `--output-last-message` (contract exec-and-sdk.md 1.7).
namespace troupe::exec {

struct last_message_result {
  std::string note;     ///< what stderr is to be told, with its newline; usually nothing
  bool is_lost = false; ///< the message is not in the file
};

/// Where the message goes. Made before the turn: an agent that may write there can neither put
/// another folder in the place of this one, nor a symbolic link in the file's. Links that the
/// system keeps for descriptors (/dev/stdout, /dev/fd/3) are followed.
class last_message_place {
public:
  explicit last_message_place(std::filesystem::path file);
  ~last_message_place();
  last_message_place(const last_message_place&) = delete;
  last_message_place& operator=(const last_message_place&) = delete;

  /// Replaces the file's content by the turn's last message, verbatim; empty without one. Blocks.
  last_message_result write(const common::turn_outcome& outcome) const;

private:
  int open_file() const;

  std::filesystem::path file_;
  int folder_ = -1;
  int error_ = 0; ///< why `folder_` is not open
};

} // namespace troupe::exec
