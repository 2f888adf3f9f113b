#pragma once

#include "messages/interfaces.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// A thread manager for the tests of front ends: starts threads that do nothing, remembers what it
/// was asked, and lets the test speak for the threads.
namespace troupe::apps_test {

struct fake_threads {
  std::vector<thread_config> started;
  std::vector<resume_thread> resumed;
  std::vector<submit_to_thread> submissions;
  std::vector<thread_id> removed;
  std::uint64_t credit = 0;          ///< granted after the subscriptions
  event_sink_actor sink;             ///< of the last subscription
  caf::error start_error;            ///< the answer to every start, unless empty
  std::optional<thread_state> state; ///< of all threads; none: none is known

  /// The id of the n-th thread, from 0.
  static thread_id id(std::size_t n) {
    thread_id out;
    out.bytes[15] = static_cast<std::uint8_t>(n + 1);
    return out;
  }

  /// Operations submitted so far that are of this type.
  template <class Op>
  std::size_t submitted() const {
    std::size_t count = 0;
    for (const auto& x : submissions)
      count += std::holds_alternative<Op>(x.submission.op) ? 1 : 0;
    return count;
  }
};

using fake_threads_ptr = std::shared_ptr<fake_threads>;

class fake_manager {
public:
  fake_manager(thread_manager_actor::pointer, fake_threads_ptr record)
    : record_(std::move(record)) {}

  thread_manager_actor::behavior_type make_behavior() {
    return {
      [this](const start_thread& x) { return start(x.config); },
      [this](const resume_thread& x) {
        record_->resumed.push_back(x);
        return start(x.config);
      },
      [](const list_threads&) { return caf::result<thread_list>{thread_list{}}; },
      [this](const thread_status_request& x) {
        if (!record_->state)
          return caf::result<thread_summary>{caf::make_error(errc::no_such_thread)};
        thread_summary out;
        out.thread = x.thread;
        out.state = *record_->state;
        return caf::result<thread_summary>{std::move(out)};
      },
      [this](const submit_to_thread& x) {
        record_->submissions.push_back(x);
        return caf::result<submitted>{submitted{"0"}};
      },
      [this](const subscribe_events& x) {
        record_->sink = x.sink;
        return caf::result<thread_summary>{thread_summary{}};
      },
      [this](const event_credit& x) {
        record_->credit += x.events;
        return caf::result<void>{caf::unit};
      },
      [](const unsubscribe_events&) { return caf::result<void>{caf::unit}; },
      [this](const remove_thread& x) {
        record_->removed.push_back(x.thread);
        return caf::result<void>{caf::unit};
      },
      [](const close_all_threads&) { return caf::result<void>{caf::unit}; },
      [](const get_model_info&) { return caf::result<model_facts>{model_facts{}}; },
      [](const list_models&) { return caf::result<model_list>{model_list{}}; },
      [](const list_picker_models&) { return caf::result<model_list>{model_list{}}; },
      [](const list_model_switcher_models&) { return caf::result<model_list>{model_list{}}; },
      [](const try_list_models&) { return caf::result<model_list>{model_list{}}; },
      [](const try_list_picker_models&) { return caf::result<model_list>{model_list{}}; },
      [](const try_list_model_switcher_models&) { return caf::result<model_list>{model_list{}}; },
      [](const try_is_official_openai_model&) { return caf::result<bool>{false}; },
      [](const get_default_model&) { return caf::result<chosen_model>{chosen_model{}}; },
      [](const list_identities&) { return caf::result<identity_list>{identity_list{}}; },
      [](const list_collaboration_modes&) {
        return caf::result<collaboration_mode_list>{collaboration_mode_list{}};
      },
      [](const switch_provider&) { return caf::result<void>{caf::unit}; },
      [](const services_changed&) { return caf::result<void>{caf::unit}; },
    };
  }

private:
  caf::result<thread_started> start(const thread_config& config) {
    if (record_->start_error)
      return record_->start_error;
    thread_started out;
    out.thread = fake_threads::id(record_->started.size());
    record_->started.push_back(config);
    out.configured.session_id = out.thread;
    out.configured.model = config.model;
    out.configured.cwd = config.cwd;
    return out;
  }

  fake_threads_ptr record_;
};

inline thread_manager_actor spawn_fake_manager(caf::actor_system& sys, fake_threads_ptr record) {
  return sys.spawn<caf::stateful_actor<fake_manager, thread_manager_actor::impl>>(
    std::move(record));
}

/// Events of a thread, as a batch.
inline event_batch batch(const thread_id& thread, std::vector<event_msg> events) {
  event_batch out{thread, {}};
  for (auto& x : events)
    out.events.push_back({out.events.size() + 1, "0", std::move(x)});
  return out;
}

} // namespace troupe::apps_test
