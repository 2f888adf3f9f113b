#pragma once

#include "apps/common/turn_outcome.hpp"

#include <filesystem>
#include <string>

/// The file of `--output-last-message` (contract exec-and-sdk.md 1.7).
namespace troupe::exec {

/// Replaces the file's content by the turn's last message, verbatim; empty without one. Returns
/// what stderr is to be told, with its newline; usually nothing. Blocks.
std::string write_last_message(const std::filesystem::path& file,
                               const common::turn_outcome& outcome);

} // namespace troupe::exec
