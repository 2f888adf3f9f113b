#pragma once

#include "apps/sim/tool_output.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::sim {

/// In which form a request offers a tool.
enum class tool_form : std::uint8_t { function, custom, local_shell };

/// How often a tool was called since the last user message.
struct tool_calls {
  std::string tool;
  std::uint32_t count = 0;
};

/// The few things rules ask of a request body (contract responses-client, section 4.1; both the
/// form with `instructions` and the one whose first input item is a developer message).
///
/// "User message" means what a person wrote: the messages that clients insert in the user's name
/// (environment, AGENTS.md, aborted turn, warnings, images of a tool) do not count (contract
/// responses-client, section 11.2).
///
/// Skims the body once and copies what it keeps, except for the raw parts: those are views into
/// `body`, which must stay. Bounded: every text is cut, tables have limits.
struct request_view {
  static constexpr std::size_t max_text_bytes = sim::max_text_bytes;
  static constexpr std::size_t max_known_tools = 64;   ///< in `calls`
  static constexpr std::size_t max_recent_calls = 256; ///< whose outputs find their name

  std::string_view body;
  std::string model;
  std::string thread; ///< `prompt_cache_key`; empty when absent
  std::string first_user;
  std::string last_user;
  std::string cwd;           ///< from the newest environment context; empty when there is none
  std::uint32_t turn = 0;    ///< user messages
  std::uint32_t outputs = 0; ///< tool outputs since the last user message
  std::uint32_t items = 0;   ///< input items
  std::vector<tool_calls> calls;
  std::optional<tool_output> last_output;
  /// The outputs since the last user message as raw JSON; the newest `max_recent_calls`.
  std::vector<std::string_view> raw_outputs;

  std::string_view raw_input;
  std::string_view raw_tools;
  std::string_view raw_schema;           ///< of `text.format`; empty when there is none
  std::string_view raw_additional_tools; ///< an input item; empty when there is none

  std::uint32_t calls_of(std::string_view tool) const;

  /// How the tool of that name is offered; none when it is not.
  std::optional<tool_form> form_of(std::string_view tool) const;
};

/// The text of a raw output: a string, or the texts of an array of parts joined by line feeds. Cut
/// to `max_text_bytes`.
std::string output_text(std::string_view raw);

/// The view, or why the body is none: a sentence for the 400 answer.
std::variant<request_view, std::string> view_request(std::string_view body);

} // namespace troupe::sim
