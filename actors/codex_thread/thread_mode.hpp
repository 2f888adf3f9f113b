#pragma once

#include "messages/collaboration_mode.hpp"
#include "messages/identity.hpp"
#include "messages/thread_info.hpp"

#include <optional>
#include <string>
#include <string_view>

/// Collaboration mode and identity among a thread's settings (contracts models-manager.md 16,
/// model-switching.md). Both set the model, the effort and one text of instructions, and the later
/// one wins; what an identity may do stays until another identity comes. Pure.
namespace troupe::codex_thread {

collaboration_mode mode_of(const thread_config& x);

/// The whole mode is another one. A mode without a model keeps the thread's.
void set_mode(thread_config& x, const collaboration_mode& mode);

/// Applies the mask and what its identity may do.
void set_identity(thread_config& x, const identity_mask& mask);

/// The default mode, without the instructions of another one; those of an identity stay.
void leave_mode(thread_config& x);

/// What the thread's tools may touch now: nothing is writable for an identity that may only read.
sandbox_policy effective_sandbox(const thread_config& x);

/// `collaboration_mode` of a turn context (contract rollouts.md 3.2).
std::string mode_json(const thread_config& x);

/// `identity` of a turn context, a member of ours: who the thread is and what it may do. Empty: it
/// is nobody in particular.
std::string identity_json(const thread_config& x);

/// Settings that asked for no mode and no identity get those of a recorded turn context. The effort
/// is taken over where none is set; the model is not.
void restore_mode(thread_config& x, std::string_view turn_context_json);

} // namespace troupe::codex_thread
