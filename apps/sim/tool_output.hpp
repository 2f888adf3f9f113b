#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::sim {

/// Every text taken from a request is cut to this. Clients truncate outputs to 40 KB.
inline constexpr std::size_t max_text_bytes = 64 * 1024;

/// The last tool output behind the last user message.
struct tool_output {
  std::string tool; ///< name of the tool that was called; empty when the call is not there
  std::string text; ///< at most `max_text_bytes`
  std::optional<int> exit_code; ///< as the shell tools report it (contract tools, 3.4 and 4.4)

  /// The part behind the header that the shell tools write; all of it when there is none.
  std::string_view body() const { return std::string_view{text}.substr(body_begin); }
  std::size_t body_begin = 0;
};

/// Fills `exit_code` and `body_begin` from `text`.
void read_shell_header(tool_output& x);

} // namespace troupe::sim
