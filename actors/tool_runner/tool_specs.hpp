#pragma once

#include "config/features.hpp"
#include "messages/model_info.hpp"
#include "messages/settings.hpp"

#include <cstdint>
#include <optional>
#include <string>

/// The tools a model is offered, as a request's `tools` member carries them. Contract tools.md 1.1,
/// 1.2, 2 and 2.1.
namespace troupe::tool_runner {

enum class command_tool : std::uint8_t { none, shell, local_shell, shell_command, exec_command };

enum class prefix_rules : std::uint8_t { hidden, offered };

enum class user_questions : std::uint8_t { hidden, offered };

/// Everything the list depends on; threads with equal sets share one text.
struct tool_set {
  command_tool commands = command_tool::exec_command;
  prefix_rules rules = prefix_rules::offered;
  std::optional<patch_tool_type> patch;
  web_search_mode web_search = web_search_mode::disabled;
  user_questions questions = user_questions::hidden;
  auto operator<=>(const tool_set&) const = default;
};

/// By features first, then by what the model's entry in the catalogue says. Who may only read gets
/// nothing that writes; commands stay, in a sandbox where nothing is writable.
tool_set offered_tools(const config::feature_set& features, const model_info& model,
                       web_search_mode web_search, tool_access access = tool_access::full);

/// The JSON array, compact, in the contract's order. Some 5 KB: made once per set and shared.
std::string tool_specs_json(const tool_set& x);

} // namespace troupe::tool_runner
