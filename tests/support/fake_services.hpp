#pragma once

#include "messages/interfaces.hpp"
#include "messages/json/item_json.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

/// Services that answer at once and keep what they were asked: peers of threads in tests without
/// network, files and processes.
namespace troupe::testing {

/// What happened at the fake services. Shared with the test; read it only while no message is in
/// flight.
struct service_log {
  std::vector<open_stream> streams;
  stream_consumer_actor consumer; ///< of the last stream
  std::vector<stream_credit> credits;
  std::vector<cancel_stream> cancels;
  std::vector<prepare_connection> prepared;
  std::vector<close_connection> closed_connections;
  std::vector<compact_history> compactions;
  compacted_history compacted;                      ///< the answer to each of them
  std::vector<auth_manager_actor> auths;            ///< that the client was told of
  std::vector<troupe::model_sources> model_sources; ///< that the models manager was told of
  std::vector<rollout_line> lines;
  std::vector<run_tool> tools;
  std::vector<cancel_tools> tool_cancels;
  std::vector<thread_id> closed;
  std::vector<reopen_rollout> reopened;
  rollout_history stored;     ///< what `load_rollout` finds; without a path: nothing
  std::string append_failure; ///< not empty: appends are refused with it
};

using service_log_ptr = std::shared_ptr<service_log>;

inline model_facts fake_model(const std::string& slug) {
  model_info info;
  info.slug = slug.empty() ? "default-model" : slug;
  return {.info = shared_value{info},
          .instructions = shared_text{"Be brief."},
          .instructions_json = shared_text{"\"Be brief.\""}};
}

inline models_manager_actor::behavior_type fake_models(models_manager_actor::pointer,
                                                       service_log_ptr log) {
  return {
    [](const get_model_info& x) -> caf::result<model_facts> { return fake_model(x.slug); },
    [](const list_models&) -> caf::result<model_list> { return model_list{}; },
    [](const list_picker_models&) -> caf::result<model_list> { return model_list{}; },
    [](const list_model_switcher_models&) -> caf::result<model_list> { return model_list{}; },
    [](const try_list_models&) -> caf::result<model_list> { return model_list{}; },
    [](const try_list_picker_models&) -> caf::result<model_list> { return model_list{}; },
    [](const try_list_model_switcher_models&) -> caf::result<model_list> { return model_list{}; },
    [](const try_is_official_openai_model&) -> caf::result<bool> { return false; },
    [](const get_default_model& x) -> caf::result<chosen_model> {
      return chosen_model{x.model.value_or("default-model")};
    },
    [](const switch_provider&) -> caf::result<void> { return caf::unit; },
    [](const list_identities&) -> caf::result<identity_list> { return identity_list{}; },
    [](const list_collaboration_modes&) -> caf::result<collaboration_mode_list> {
      return collaboration_mode_list{};
    },
    [](const refresh_if_new_etag&) -> caf::result<void> { return caf::unit; },
    [](const login_changed&) -> caf::result<void> { return caf::unit; },
    [log](const model_sources& x) -> caf::result<void> {
      log->model_sources.push_back(x);
      return caf::unit;
    }};
}

inline model_client_actor::behavior_type fake_client(model_client_actor::pointer,
                                                     service_log_ptr log) {
  return {[log](const open_stream& x,
                const stream_consumer_actor& consumer) -> caf::result<stream_opened> {
            log->streams.push_back(x);
            log->consumer = consumer;
            return stream_opened{log->streams.size()};
          },
          [log](const stream_credit& x) -> caf::result<void> {
            log->credits.push_back(x);
            return caf::unit;
          },
          [log](const cancel_stream& x) -> caf::result<void> {
            log->cancels.push_back(x);
            return caf::unit;
          },
          [log](const prepare_connection& x) -> caf::result<void> {
            log->prepared.push_back(x);
            return caf::unit;
          },
          [log](const close_connection& x) -> caf::result<void> {
            log->closed_connections.push_back(x);
            return caf::unit;
          },
          [log](const compact_history& x) -> caf::result<compacted_history> {
            log->compactions.push_back(x);
            return log->compacted;
          },
          [](const summarise_traces&) -> caf::result<trace_summaries> { return trace_summaries{}; },
          [](const fetch_models&) -> caf::result<fetched_models> { return fetched_models{}; },
          [log](const auth_changed& x) -> caf::result<void> {
            log->auths.push_back(x.auth);
            return caf::unit;
          }};
}

/// Knows an API key, and nothing helps when that is refused.
inline auth_manager_actor::behavior_type fake_auth(auth_manager_actor::pointer) {
  const login_snapshot login{
    .generation = 1, .mode = login_mode::api_key, .token = secret{"fake-key"}};
  return {[login](const get_login&) -> caf::result<login_snapshot> { return login; },
          [login](const recover_login&) -> caf::result<login_recovery> {
            return login_recovery{.login = login, .message = "refused"};
          },
          [](const use_external_login&) -> caf::result<void> { return caf::unit; },
          [](const log_out&) -> caf::result<logged_out> { return logged_out{}; },
          [](const watch_login&) -> caf::result<void> { return caf::unit; }};
}

inline rollout_recorder_actor::behavior_type fake_recorder(rollout_recorder_actor::pointer,
                                                           service_log_ptr log) {
  return {[](const create_rollout&) -> caf::result<rollout_opened> {
            return rollout_opened{"/fake/rollout.jsonl"};
          },
          [log](const load_rollout&) -> caf::result<rollout_history> {
            if (log->stored.path.empty())
              return caf::make_error(errc::no_such_rollout, "no rollout found");
            return log->stored;
          },
          [log](const append_rollout& x) -> caf::result<void> {
            if (!log->append_failure.empty())
              return caf::make_error(errc::rollout_unwritable, log->append_failure);
            log->lines.insert(log->lines.end(), x.lines.begin(), x.lines.end());
            return caf::unit;
          },
          [log](const close_rollout& x) -> caf::result<void> {
            log->closed.push_back(x.thread);
            return caf::unit;
          },
          [log](const reopen_rollout& x) -> caf::result<void> {
            log->reopened.push_back(x);
            return caf::unit;
          },
          [](const list_rollouts&) -> caf::result<rollout_page> { return rollout_page{}; }};
}

inline tool_runner_actor::behavior_type fake_tools(tool_runner_actor::pointer,
                                                   service_log_ptr log) {
  return {[log](const run_tool& x, const tool_listener_actor&) -> caf::result<tool_result> {
            log->tools.push_back(x);
            return tool_result{
              .call_id = x.call_id, .output = "done", .success = true, .notes = {}};
          },
          [log](const cancel_tools& x) -> caf::result<void> {
            log->tool_cancels.push_back(x);
            return caf::unit;
          }};
}

inline services_changed spawn_fake_services(caf::actor_system& sys, const service_log_ptr& log) {
  return {.models = sys.spawn(fake_models, log),
          .client = sys.spawn(fake_client, log),
          .recorder = sys.spawn(fake_recorder, log),
          .tools = sys.spawn(fake_tools, log),
          .auth = sys.spawn(fake_auth)};
}

/// Services end when told so; they do not end with their last user.
inline void end_services(const services_changed& x) {
  for (const auto& handle :
       {caf::actor_cast<caf::actor>(x.models), caf::actor_cast<caf::actor>(x.client),
        caf::actor_cast<caf::actor>(x.recorder), caf::actor_cast<caf::actor>(x.tools),
        caf::actor_cast<caf::actor>(x.auth)})
    caf::anon_send_exit(handle, caf::exit_reason::user_shutdown);
}

/// What an event sink has received.
struct sink_log {
  std::vector<event> events;
  std::vector<events_lagged> gaps;
};

inline event_sink_actor::behavior_type collecting_sink(event_sink_actor::pointer,
                                                       std::shared_ptr<sink_log> log) {
  return {[log](const event_batch& x) -> caf::result<void> {
            log->events.insert(log->events.end(), x.events.begin(), x.events.end());
            return caf::unit;
          },
          [log](const events_lagged& x) -> caf::result<void> {
            log->gaps.push_back(x);
            return caf::unit;
          }};
}

/// A whole answer of a model: one message, then completion.
inline std::vector<model_event> one_message(std::string_view text) {
  token_usage usage;
  usage.total_tokens = 15;
  return {output_item_done{make_message("assistant", text)}, response_completed{"r", usage}};
}

template <class T>
std::size_t count_of(const sink_log& log) {
  std::size_t count = 0;
  for (const auto& event : log.events)
    count += std::holds_alternative<T>(event.msg) ? 1 : 0;
  return count;
}

} // namespace troupe::testing
