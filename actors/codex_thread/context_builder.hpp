#pragma once

#include "messages/item.hpp"
#include "messages/settings.hpp"
#include "messages/shared_text.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Items that the engine itself puts before the model (contract threads.md 7). Pure.
namespace troupe::codex_thread {

/// What the context items speak of.
struct context_facts {
  std::string_view cwd;
  std::string_view shell;
  std::string_view tmpdir; ///< value of $TMPDIR; empty: not set
  const sandbox_policy* sandbox = nullptr;
  approval_policy approval = approval_policy::never;
  shared_text user_instructions;
  shared_text developer_instructions;
};

/// Items 1, 2, 5 and 6 of contract threads.md 7.1, in that order. Collaboration modes and
/// personality messages follow with the models manager.
std::vector<response_item> initial_context(const context_facts& x);

/// What changed between two turns, as items (contract threads.md 7.4 items 1 and 2).
std::vector<response_item> settings_update(const context_facts& before, const context_facts& now);

/// Tells the model that another one was used before it (contract threads.md 7.4 item 4).
response_item model_switch_message(std::string_view instructions);

std::string permissions_text(const context_facts& x);
std::string environment_text(std::string_view cwd, std::string_view shell);

/// Stands in the history where the user stopped a turn (contract threads.md 7.5).
response_item interrupt_marker();

} // namespace troupe::codex_thread
