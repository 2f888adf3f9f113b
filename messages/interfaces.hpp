#pragma once

#include <caf/fwd.hpp>
#include <caf/result.hpp>
#include <caf/typed_actor.hpp>

#include "messages/auth.hpp"
#include "messages/cluster.hpp"
#include "messages/collaboration_mode.hpp"
#include "messages/identity.hpp"
#include "messages/model_calls.hpp"
#include "messages/models.hpp"
#include "messages/rollout.hpp"
#include "messages/thread_info.hpp"
#include "messages/tool.hpp"

/// One alias per actor. An interface is all that a caller needs; the callee may live on another
/// node.
namespace troupe {

/// Takes a thread's events: what a front end is to a thread.
using event_sink_actor = caf::typed_actor<
  /// Events in order; costs one credit each.
  caf::result<void>(event_batch),
  /// Some were dropped, because the sink gave no credit in time.
  caf::result<void>(events_lagged)>;

/// Which deltas a subscriber wants. The other events always come.
enum class delta_wish : std::uint8_t { none, all };
template <>
struct enum_texts<delta_wish> {
  static constexpr std::array<std::string_view, 2> values{"none", "all"};
};

/// Asks for a thread's events from now on. Answer: the thread's summary; the next event has a
/// number greater than all earlier ones.
struct subscribe_events {
  thread_id thread;
  event_sink_actor sink;
  std::uint32_t credit = 0;
  delta_wish deltas = delta_wish::none;
};

template <class Inspector>
bool inspect(Inspector& f, subscribe_events& x) {
  return f.object(x).fields(f.field("thread", x.thread), f.field("sink", x.sink),
                            f.field("credit", x.credit), f.field("deltas", x.deltas));
}

/// One-way: `sink` takes `events` more.
struct event_credit {
  thread_id thread;
  event_sink_actor sink;
  std::uint32_t events = 0;
};

template <class Inspector>
bool inspect(Inspector& f, event_credit& x) {
  return f.object(x).fields(f.field("thread", x.thread), f.field("sink", x.sink),
                            f.field("events", x.events));
}

struct unsubscribe_events {
  thread_id thread;
  event_sink_actor sink;
};

template <class Inspector>
bool inspect(Inspector& f, unsubscribe_events& x) {
  return f.object(x).fields(f.field("thread", x.thread), f.field("sink", x.sink));
}

/// What a model stream delivers to. Part of every thread's interface.
using stream_consumer_actor = caf::typed_actor<
  /// One read's worth of events; costs one credit.
  caf::result<void>(model_events),
  /// The stream is over.
  caf::result<void>(stream_ended)>;

/// What tools report to while they run. Part of every thread's interface.
using tool_listener_actor = caf::typed_actor<
  /// Begin, output and end of commands and patches.
  caf::result<void>(tool_progress)>;

/// The application that keeps a ChatGPT login and lends it (contract responses-client.md 2.9).
using token_host_actor = caf::typed_actor<
  /// Other tokens, because the last ones were refused; waited for 10 s.
  caf::result<external_tokens>(refresh_external_login)>;

/// These tokens are the login from now on, ahead of stored ones; `host` brings new ones. Kept in
/// memory only. Refused with `errc::invalid_request` when the id token is unreadable or of a
/// workspace that the configuration forbids.
struct use_external_login {
  external_tokens tokens;
  token_host_actor host;
};

template <class Inspector>
bool inspect(Inspector& f, use_external_login& x) {
  return f.object(x).fields(f.field("tokens", x.tokens), f.field("host", x.host));
}

/// Hears who is logged in. Part of the models manager's interface.
using login_watcher_actor = caf::typed_actor<
  /// The first one comes at once.
  caf::result<void>(login_changed)>;

/// `watcher` hears of the login from now on, until it ends. `errc::queue_full` when too many watch.
struct watch_login {
  login_watcher_actor watcher;
};

template <class Inspector>
bool inspect(Inspector& f, watch_login& x) {
  return f.object(x).fields(f.field("watcher", x.watcher));
}

using auth_manager_actor = caf::typed_actor<
  /// The login for a request that is about to be set up.
  caf::result<login_snapshot>(get_login),
  /// After a 401.
  caf::result<login_recovery>(recover_login),
  /// A login that a host application keeps.
  caf::result<void>(use_external_login),
  /// No login any more.
  caf::result<logged_out>(log_out),
  /// Changes of the login.
  caf::result<void>(watch_login)>;

/// The node's auth manager was restarted: the older handle is dead.
struct auth_changed {
  auth_manager_actor auth;
};

template <class Inspector>
bool inspect(Inspector& f, auth_changed& x) {
  return f.object(x).fields(f.field("auth", x.auth));
}

using model_client_actor = caf::typed_actor<
  /// Opens a stream to the consumer; refused with `errc::queue_full` when too many are open.
  caf::result<stream_opened>(open_stream, stream_consumer_actor),
  /// More room at the consumer.
  caf::result<void>(stream_credit),
  /// Ends a stream; `stream_ended` with `cancelled` follows.
  caf::result<void>(cancel_stream),
  /// Connects ahead of a thread's first turn.
  caf::result<void>(prepare_connection),
  /// Closes what is kept for a turn or a thread.
  caf::result<void>(close_connection),
  /// Remote compaction; refused with `errc::queue_full` when too much is open.
  caf::result<compacted_history>(compact_history),
  /// Summaries of earlier sessions; refused with `errc::queue_full` when too much is open.
  caf::result<trace_summaries>(summarise_traces),
  /// A provider's models; refused with `errc::queue_full` when too much is open.
  caf::result<fetched_models>(fetch_models),
  /// From the node's root.
  caf::result<void>(auth_changed)>;

/// Where the models manager learns from. Sent when one of them was restarted: older handles are
/// dead.
struct model_sources {
  model_client_actor client;
  auth_manager_actor auth;
};

template <class Inspector>
bool inspect(Inspector& f, model_sources& x) {
  return f.object(x).fields(f.field("client", x.client), f.field("auth", x.auth));
}

using models_manager_actor = caf::typed_actor<
  /// What is known of a model.
  caf::result<model_facts>(get_model_info),
  /// All models, best first.
  caf::result<model_list>(list_models),
  /// Those of a picker screen.
  caf::result<model_list>(list_picker_models),
  /// Those of a `/model` screen.
  caf::result<model_list>(list_model_switcher_models),
  /// The first list at once, or `errc::models_busy`.
  caf::result<model_list>(try_list_models),
  /// The second one.
  caf::result<model_list>(try_list_picker_models),
  /// The third one.
  caf::result<model_list>(try_list_model_switcher_models),
  /// Whether OpenAI lists it; at once, or `errc::models_busy`.
  caf::result<bool>(try_is_official_openai_model),
  /// The model of a session that names none.
  caf::result<chosen_model>(get_default_model),
  /// Another provider's models from now on.
  caf::result<void>(switch_provider),
  /// The masks that come with the program.
  caf::result<identity_list>(list_identities),
  /// The masks that come with the program.
  caf::result<collaboration_mode_list>(list_collaboration_modes),
  /// From threads: what a response said of the provider's list.
  caf::result<void>(refresh_if_new_etag),
  /// From the auth manager.
  caf::result<void>(login_changed),
  /// From the node's root.
  caf::result<void>(model_sources)>;

using rollout_recorder_actor = caf::typed_actor<
  /// New file.
  caf::result<rollout_opened>(create_rollout),
  /// Existing file.
  caf::result<rollout_history>(load_rollout),
  /// More lines; answered when they are written.
  caf::result<void>(append_rollout),
  /// No more lines.
  caf::result<void>(close_rollout),
  /// A file that was open at the recorder before this one.
  caf::result<void>(reopen_rollout),
  /// Stored threads, a page at a time.
  caf::result<rollout_page>(list_rollouts)>;

using tool_runner_actor = caf::typed_actor<
  /// Runs one call; progress goes to the listener.
  caf::result<tool_result>(run_tool, tool_listener_actor),
  /// Ends calls and processes.
  caf::result<void>(cancel_tools)>;

/// The node's services as its threads use them. Sent when one was restarted: older handles are
/// dead.
struct services_changed {
  models_manager_actor models;
  model_client_actor client;
  rollout_recorder_actor recorder;
  tool_runner_actor tools;
  auth_manager_actor auth;
};

template <class Inspector>
bool inspect(Inspector& f, services_changed& x) {
  return f.object(x).fields(f.field("models", x.models), f.field("client", x.client),
                            f.field("recorder", x.recorder), f.field("tools", x.tools),
                            f.field("auth", x.auth));
}

using codex_thread_actor = caf::typed_actor<
  /// Once, by the thread manager: prepares the session.
  caf::result<thread_started>(start_session),
  /// One entry of the inbox; answered as soon as it is accepted.
  caf::result<submitted>(submission),
  /// Adds a subscriber, or changes what an existing one wants.
  caf::result<thread_summary>(subscribe_events),
  /// Gives a subscriber's credit.
  caf::result<void>(event_credit),
  /// Drops a subscriber.
  caf::result<void>(unsubscribe_events),
  /// What the thread does and what it waits for.
  caf::result<thread_summary>(thread_status_request),
  /// From the model client.
  caf::result<void>(model_events),
  /// From the model client.
  caf::result<void>(stream_ended),
  /// From the tool runner.
  caf::result<void>(tool_progress),
  /// From the thread manager.
  caf::result<void>(services_changed),
  /// From the thread manager.
  caf::result<void>(provider_changed),
  /// From the node.
  caf::result<void>(workspace_described)>;

using thread_manager_actor = caf::typed_actor<
  /// Starts a new thread.
  caf::result<thread_started>(start_thread),
  /// Continues a stored one.
  caf::result<thread_started>(resume_thread),
  /// Every live thread.
  caf::result<thread_list>(list_threads),
  /// One live thread.
  caf::result<thread_summary>(thread_status_request),
  /// Puts something into a thread's inbox.
  caf::result<submitted>(submit_to_thread),
  /// Subscribes to a thread.
  caf::result<thread_summary>(subscribe_events),
  /// Passed on to the thread.
  caf::result<void>(event_credit),
  /// Passed on to the thread.
  caf::result<void>(unsubscribe_events),
  /// Ends one thread.
  caf::result<void>(remove_thread),
  /// Ends all threads.
  caf::result<void>(close_all_threads),
  // Passed on to the models manager as they are.
  caf::result<model_facts>(get_model_info), caf::result<model_list>(list_models),
  caf::result<model_list>(list_picker_models), caf::result<model_list>(list_model_switcher_models),
  caf::result<model_list>(try_list_models), caf::result<model_list>(try_list_picker_models),
  caf::result<model_list>(try_list_model_switcher_models),
  caf::result<bool>(try_is_official_openai_model), caf::result<chosen_model>(get_default_model),
  caf::result<identity_list>(list_identities),
  caf::result<collaboration_mode_list>(list_collaboration_modes),
  /// The same, and every thread's next turn goes to that provider.
  caf::result<void>(switch_provider),
  /// From the node's root.
  caf::result<void>(services_changed)>;

/// What other nodes get of a node's threads: those that they started themselves, within the node's
/// ceiling. A thread manager's interface contains it.
using thread_door_actor =
  caf::typed_actor<caf::result<thread_started>(start_thread),
                   caf::result<thread_summary>(thread_status_request),
                   caf::result<submitted>(submit_to_thread),
                   caf::result<thread_summary>(subscribe_events), caf::result<void>(event_credit),
                   caf::result<void>(unsubscribe_events), caf::result<void>(remove_thread)>;

/// A link to its relay, inside a node: the peer is followed from now on.
struct link_up {
  node_name node;
  thread_door_actor manager; ///< the peer's
};

template <class Inspector>
bool inspect(Inspector& f, link_up& x) {
  return f.object(x).fields(f.field("node", x.node), f.field("manager", x.manager));
}

} // namespace troupe

// Whoever uses an interface needs the type ids; they in turn need the handle types above.
#include "messages/type_ids.hpp"
