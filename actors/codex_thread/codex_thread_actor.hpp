#pragma once

#include "actors/codex_thread/session.hpp"
#include "actors/codex_thread/tool_watch.hpp"
#include "messages/interfaces.hpp"

#include <functional>
#include <string>

/// The actor of one agent thread.
///
/// Owner: the thread manager, which spawns and monitors it. Anyone may submit and subscribe; model
/// events come from the model client, progress from the tool runner. One turn at a time; input
/// during a turn joins it. Bounds: 64 waiting submissions, 64 inputs waiting in a turn, 1,024
/// events queued per subscriber, 16 messages of a model stream in flight. Waits: rollout, model,
/// tools and workspace, each ended by the service asked, which answers every request; the thread's
/// summary names the current one. Ends: on `shutdown_thread` or an exit message, after the open
/// turn is interrupted and its lines are written.
namespace troupe::codex_thread {

/// Calls `answer` exactly once, on any thread: with the turn metadata of the folder `cwd`, or empty
/// when there is none or after `workspace_memory::answer_limit`.
using workspace_reader =
  std::function<void(std::string cwd, std::function<void(std::string metadata_json)> answer)>;

struct dependencies {
  services_changed services;
  session::tool_list tools;
  std::string tmpdir;              ///< $TMPDIR, empty when not set
  workspace_reader read_workspace; ///< empty: no turn metadata
  tool_watch watch_tool = {};      ///< empty: nobody watches tool calls
};

codex_thread_actor spawn(caf::actor_system& sys, thread_config config, dependencies deps);

} // namespace troupe::codex_thread
