#pragma once

#include "messages/collaboration_mode.hpp"
#include "messages/item.hpp"
#include "messages/model_info.hpp"
#include "messages/settings.hpp"
#include "messages/shared_text.hpp"

#include <optional>
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
  mode_kind mode = mode_kind::default_mode;
  shared_text mode_instructions; ///< of mode or identity; empty: none
  std::string_view model;
  std::string_view model_instructions; ///< the model's own, with the personality filled in
  std::optional<troupe::personality> personality;
  std::string_view personality_spec; ///< what the model says of the personality; empty: nothing
  /// The session's instructions speak of the personality already.
  bool has_personality_in_instructions = false;
};

/// The items of contract threads.md 7.1, in its order.
std::vector<response_item> initial_context(const context_facts& x);

/// What changed between two turns, as items in the order of contract threads.md 7.4.
std::vector<response_item> settings_update(const context_facts& before, const context_facts& now);

/// The model's message for that personality; empty when it has none. Refers to `x`.
std::string_view personality_spec_of(const model_info& x, std::optional<personality> p);

/// Tells the model that another one was used before it (contract threads.md 7.4 item 4).
response_item model_switch_message(std::string_view instructions);

std::string permissions_text(const context_facts& x);
std::string environment_text(std::string_view cwd, std::string_view shell);

/// Stands in the history where the user stopped a turn (contract threads.md 7.5).
response_item interrupt_marker();

} // namespace troupe::codex_thread
