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

/// Replaces the file's content by the turn's last message, verbatim; empty without one. Blocks.
last_message_result write_last_message(const std::filesystem::path& file,
                                       const common::turn_outcome& outcome);

} // namespace troupe::exec
