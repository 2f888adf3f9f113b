#pragma once

#include "actors/tool_runner/shell_words.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace troupe::tool_runner {

enum class summary_kind : std::uint8_t { unknown, read, list_files, search };

/// What one command is about; see command_summary.hpp.
struct command_summary {
  summary_kind kind = summary_kind::unknown;
  std::string cmd;
  std::optional<std::string> path;  ///< list_files, search: shortened; read: as given
  std::optional<std::string> query; ///< search
  std::string name;                 ///< read: the path shortened
  bool operator==(const command_summary&) const = default;
};

/// The entry of one command, which must have a word; `cmd` is left empty.
command_summary summarise_command(const argument_list& command);

/// Whether a part of a script only shapes the output of others.
bool only_formats(const argument_list& command);

} // namespace troupe::tool_runner
