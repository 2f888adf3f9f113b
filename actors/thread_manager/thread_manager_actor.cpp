#include "actors/thread_manager/thread_manager_actor.hpp"

#include "actors/common/actor_error.hpp"
#include "actors/common/harden.hpp"
#include "actors/thread_manager/model_gate.hpp"
#include "actors/thread_manager/thread_table.hpp"
#include "config/catalogue.hpp"
#include "config/log.hpp"

#include <caf/actor_system.hpp>
#include <caf/group.hpp>
#include <caf/group_manager.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace troupe::thread_manager {

class state {
public:
  state(thread_manager_actor::pointer self, dependencies deps)
    : self_(self), deps_(std::move(deps)) {
    harden(self_);
    self_->set_down_handler([this](caf::down_msg& x) { on_down(x); });
    self_->set_exit_handler([this](caf::exit_msg& x) { on_exit(x); });
    events_ = self_->system().groups().get_local(thread_events_group);
  }

  thread_manager_actor::behavior_type make_behavior() {
    return {
      [this](start_thread& x) { return start(std::move(x.config), std::nullopt); },
      [this](resume_thread& x) { return on_resume(std::move(x)); },
      [this](const list_threads&) { return on_list(); },
      [this](const thread_status_request& x) { return on_status(x); },
      [this](submit_to_thread& x) { return on_submit(std::move(x)); },
      [this](const subscribe_events& x) { return on_subscribe(x); },
      [this](const event_credit& x) { return pass_on(x.thread, x); },
      [this](const unsubscribe_events& x) { return pass_on(x.thread, x); },
      [this](const remove_thread& x) { return on_remove(x); },
      [this](const close_all_threads&) { return on_close_all(); },
      [this](const get_model_info& x) { return ask_models<model_facts>(x); },
      [this](const list_models& x) { return ask_models<model_list>(x); },
      [this](const list_picker_models& x) { return ask_models<model_list>(x); },
      [this](const list_model_switcher_models& x) { return ask_models<model_list>(x); },
      [this](const try_list_models& x) { return ask_models<model_list>(x); },
      [this](const try_list_picker_models& x) { return ask_models<model_list>(x); },
      [this](const try_list_model_switcher_models& x) { return ask_models<model_list>(x); },
      [this](const try_is_official_openai_model& x) { return ask_models<bool>(x); },
      [this](const get_default_model& x) { return ask_models<chosen_model>(x); },
      [this](const list_identities& x) { return ask_models<identity_list>(x); },
      [this](const list_collaboration_modes& x) { return ask_models<collaboration_mode_list>(x); },
      [this](const switch_provider& x) { return on_switch(x); },
      [this](const services_changed& x) { return on_services(x); },
    };
  }

  static inline const char* name = "thread-manager";

private:
  using started_promise = caf::typed_response_promise<thread_started>;
  using done_promise = caf::typed_response_promise<void>;

  struct starting_thread {
    codex_thread_actor handle;
    started_promise answer;
    session_source source;
    std::optional<thread_id> resumed;
  };

  /// A list request that waits for the threads' own words.
  struct listing {
    caf::typed_response_promise<thread_list> answer;
    thread_list found;
    std::size_t open = 0;
  };

  caf::result<thread_started> start(thread_config config, std::optional<load_rollout> resume) {
    if (closing_)
      return caf::make_error(errc::shutting_down, "the node is shutting down");
    if (starting_.size() >= deps_.limits.starting_threads)
      return caf::make_error(errc::queue_full, "too many threads are starting; try again");
    if (threads_.size() + starting_.size() >= deps_.limits.live_threads)
      return caf::make_error(errc::queue_full, "too many threads are live on this node");
    follow_provider(config);
    // What comes with the program will do for its start: the list comes while it is at work.
    const bool is_known = config::find_model(config::bundled_catalogue(), config.model) != nullptr;
    const auto source = config.source;
    auto handle = codex_thread::spawn(self_->system(), std::move(config), deps_.thread);
    self_->monitor(handle);
    auto answer = self_->make_response_promise<thread_started>();
    starting_.emplace(handle->id(), starting_thread{handle, answer, source,
                                                    resume ? resume->thread : std::nullopt});
    auto begin = [this, handle, resume = std::move(resume)] {
      self_->request(handle, caf::infinite, start_session{resume})
        .then([this, key = handle->id()](thread_started& x) { on_started(key, std::move(x)); },
              [this, key = handle->id()](const caf::error& err) { on_start_failed(key, err); });
    };
    if (!is_known)
      when_models_are_known(std::move(begin));
    else {
      begin();
      when_models_are_known([] {});
    }
    return answer;
  }

  void when_models_are_known(std::function<void()> begin) {
    switch (gate_.arrive(model_gate::clock::now(), begin)) {
    case model_gate::answer::go: return begin();
    case model_gate::answer::wait: return;
    case model_gate::answer::ask: break;
    }
    self_
      ->request(deps_.thread.services.models, caf::infinite,
                list_models{.strategy = refresh_strategy::online_if_uncached})
      .then([this](const model_list& x) { on_models(x.problem); },
            [this](const caf::error& err) { on_models(error_text(err)); });
  }

  void on_models(const std::string& problem) {
    if (!problem.empty())
      log::warning("threads start with the models that were known before: {}", problem);
    const auto outcome = problem.empty() ? refresh_outcome::refreshed : refresh_outcome::failed;
    for (const auto& begin : gate_.opened(model_gate::clock::now(), outcome))
      begin();
  }

  /// Settings that name no provider are those of the current one.
  void follow_provider(thread_config& x) const {
    if (x.provider.empty() && provider_)
      codex_thread::adopt_provider(x, *provider_);
  }

  template <class Answer, class Question>
  caf::result<Answer> ask_models(const Question& x) {
    return self_->delegate(deps_.thread.services.models, x);
  }

  caf::result<void> on_switch(const switch_provider& x) {
    auto provider = deps_.find_provider ? deps_.find_provider(x.provider) : std::nullopt;
    auto answer = self_->make_response_promise<void>();
    self_->request(deps_.thread.services.models, caf::infinite, x)
      .then(
        [this, answer, provider]() mutable {
          if (provider)
            use_provider(*provider);
          answer.deliver();
        },
        [answer](const caf::error& err) mutable { answer.deliver(err); });
    return answer;
  }

  void use_provider(const thread_provider& x) {
    provider_ = x;
    gate_.close();
    for (const auto& [id, entry] : threads_)
      caf::anon_send(entry.handle, provider_changed{x});
    for (const auto& [key, entry] : starting_)
      caf::anon_send(entry.handle, provider_changed{x});
  }

  caf::result<thread_started> on_resume(resume_thread x) {
    const auto id = x.thread ? x.thread : id_in_path(x.path);
    if (id && (threads_.find(*id) || is_starting(*id)))
      return caf::make_error(errc::invalid_request,
                             "thread " + to_string(*id) + " is already running");
    return start(std::move(x.config), load_rollout{id, std::move(x.path)});
  }

  bool is_starting(const thread_id& id) const {
    for (const auto& [key, x] : starting_)
      if (x.resumed == id)
        return true;
    return false;
  }

  void on_started(caf::actor_id key, thread_started x) {
    auto it = starting_.find(key);
    if (it == starting_.end())
      return;
    auto entry = std::move(it->second);
    starting_.erase(it);
    ids_.emplace(key, x.thread);
    thread_created created{.thread = x.thread,
                           .parent = entry.source.parent,
                           .source = entry.source,
                           .node = deps_.node};
    threads_.add(entry.handle, created);
    caf::anon_send(events_, std::move(created));
    if (closing_)
      self_->send_exit(entry.handle, caf::exit_reason::user_shutdown);
    entry.answer.deliver(std::move(x));
  }

  void on_start_failed(caf::actor_id key, const caf::error& err) {
    if (auto it = starting_.find(key); it != starting_.end()) {
      it->second.answer.deliver(err);
      starting_.erase(it);
    }
    when_empty();
  }

  static caf::error unknown(const thread_id& id) {
    return caf::make_error(errc::no_such_thread, "no thread with id: " + to_string(id));
  }

  caf::result<thread_list> on_list() {
    auto work = std::make_shared<listing>();
    work->answer = self_->make_response_promise<thread_list>();
    work->open = threads_.size();
    if (threads_.empty())
      work->answer.deliver(thread_list{});
    for (const auto& [id, entry] : threads_)
      self_->request(entry.handle, caf::infinite, thread_status_request{id})
        .then(
          [work](thread_summary& x) {
            work->found.threads.push_back(std::move(x));
            if (--work->open == 0)
              work->answer.deliver(std::move(work->found));
          },
          [work](const caf::error&) { // it ended meanwhile: then it is no live thread
            if (--work->open == 0)
              work->answer.deliver(std::move(work->found));
          });
    return work->answer;
  }

  caf::result<thread_summary> on_status(const thread_status_request& x) {
    const auto* found = threads_.find(x.thread);
    if (!found)
      return unknown(x.thread);
    return self_->delegate(found->handle, x);
  }

  caf::result<submitted> on_submit(submit_to_thread x) {
    const auto* found = threads_.find(x.thread);
    if (!found)
      return unknown(x.thread);
    return self_->delegate(found->handle, std::move(x.submission));
  }

  caf::result<thread_summary> on_subscribe(const subscribe_events& x) {
    const auto* found = threads_.find(x.thread);
    if (!found)
      return unknown(x.thread);
    if (!x.sink)
      return caf::make_error(errc::invalid_request, "a subscription needs a sink");
    return self_->delegate(found->handle, x);
  }

  template <class Message>
  caf::result<void> pass_on(const thread_id& id, const Message& x) {
    if (const auto* found = threads_.find(id))
      caf::anon_send(found->handle, x);
    return caf::unit;
  }

  caf::result<void> on_remove(const remove_thread& x) {
    const auto* found = threads_.find(x.thread);
    if (!found)
      return unknown(x.thread);
    auto answer = self_->make_response_promise<void>();
    removing_.emplace(x.thread, answer);
    self_->send_exit(found->handle, caf::exit_reason::user_shutdown);
    return answer;
  }

  caf::result<void> on_close_all() {
    closing_ = true;
    auto answer = self_->make_response_promise<void>();
    close_answers_.push_back(answer);
    for (const auto& [id, entry] : threads_)
      self_->send_exit(entry.handle, caf::exit_reason::user_shutdown);
    when_empty();
    return answer;
  }

  void on_down(const caf::down_msg& x) {
    const auto key = x.source.id();
    on_start_failed(key, x.reason ? x.reason : caf::make_error(errc::internal, "the thread ended"));
    const auto known = ids_.find(key);
    if (known == ids_.end())
      return;
    const auto id = known->second;
    ids_.erase(known);
    threads_.remove(id);
    caf::anon_send(events_, thread_closed{id, reason_text(x.reason), deps_.node});
    auto [first, last] = removing_.equal_range(id);
    for (auto it = first; it != last; ++it)
      it->second.deliver();
    removing_.erase(first, last);
    when_empty();
  }

  static std::string reason_text(const caf::error& x) {
    if (!x)
      return "shutdown";
    return x == caf::exit_reason::user_shutdown ? "removed" : to_string(x);
  }

  void when_empty() {
    if (!closing_ || !threads_.empty() || !starting_.empty())
      return;
    for (auto& answer : std::exchange(close_answers_, {}))
      answer.deliver();
    if (exiting_)
      self_->quit(std::move(exit_reason_));
  }

  void on_exit(caf::exit_msg& x) {
    exiting_ = closing_ = true;
    exit_reason_ = std::move(x.reason);
    for (const auto& [id, entry] : threads_)
      self_->send_exit(entry.handle, caf::exit_reason::user_shutdown);
    for (const auto& [key, entry] : starting_)
      self_->send_exit(entry.handle, caf::exit_reason::user_shutdown);
    when_empty();
  }

  caf::result<void> on_services(const services_changed& x) {
    const bool new_models = !(x.models == deps_.thread.services.models);
    deps_.thread.services = x;
    if (new_models && provider_) // it begins with the provider of the configuration
      caf::anon_send(x.models, switch_provider{provider_->id});
    for (const auto& [id, entry] : threads_)
      caf::anon_send(entry.handle, x);
    for (const auto& [key, entry] : starting_)
      caf::anon_send(entry.handle, x);
    return caf::unit;
  }

  thread_manager_actor::pointer self_;
  dependencies deps_;
  caf::group events_;
  model_gate gate_;
  std::optional<thread_provider> provider_; ///< switched to
  thread_table<codex_thread_actor> threads_;
  std::unordered_map<caf::actor_id, thread_id> ids_;
  std::unordered_map<caf::actor_id, starting_thread> starting_;
  std::unordered_multimap<thread_id, done_promise> removing_;
  std::vector<done_promise> close_answers_;
  bool closing_ = false;
  bool exiting_ = false;
  caf::error exit_reason_;
};

thread_manager_actor spawn(caf::actor_system& sys, dependencies deps) {
  return sys.spawn<caf::stateful_actor<state, thread_manager_actor::impl>>(std::move(deps));
}

} // namespace troupe::thread_manager
