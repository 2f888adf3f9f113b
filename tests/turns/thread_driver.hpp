#pragma once

// Included after caf/test/bdd_dsl.hpp.

#include "actors/node_root/node.hpp"
#include "actors/node_root/thread_settings.hpp"
#include "messages/event.hpp"
#include "messages/interfaces.hpp"
#include "net/io_pool.hpp"
#include "tests/support/temp_folder.hpp"

#include <caf/actor_cast.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <chrono>
#include <cstddef>
#include <future>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace troupe::test {

/// What a thread told of one turn, in order.
struct turn_record {
  std::vector<event_msg> events;

  /// Those of one kind.
  template <class T>
  std::vector<T> all() const {
    std::vector<T> result;
    for (const auto& x : events)
      if (const auto* one = std::get_if<T>(&x))
        result.push_back(*one);
    return result;
  }

  /// The last words of a turn that went well; none: it failed.
  std::optional<std::string> answer() const {
    const auto ends = all<task_complete>();
    return ends.empty() ? std::nullopt : ends.back().last_agent_message;
  }
};

/// A whole node with one thread, and the test as the thread's subscriber.
class thread_driver {
public:
  /// A provider at that address, called "mock", with the retries of the contract.
  explicit thread_driver(const std::string& base_url) {
    node_root::register_types();
    options.client_version = "0.1.0";
    settings().home = folder_.make_folder("home");
    settings().cwd = folder_.make_folder("work");
    settings().model = "gpt-5.2"; // of the bundled catalogue: a window of 272,000 tokens
    settings().model_provider_id = "mock";
    settings().model_provider.name = "mock";
    settings().model_provider.base_url = base_url;
    settings().approval_policy = approval_policy::never;
  }

  ~thread_driver() {
    self_.reset();
    if (node_)
      node_->stop();
  }

  /// To be changed before `start`.
  node_root::node_options options;
  config::config& settings() { return options.settings; }
  config::provider& provider() { return settings().model_provider; }
  void enable(config::feature x) { settings().features.set(x, config::feature_switch::enable); }

  /// Starts node and thread; the first turn does so, too.
  void start() {
    settings().model_providers[settings().model_provider_id] = provider();
    auto config = node_root::make_thread_config(settings(), {}, "test_turns", "");
    node_.emplace(std::move(options));
    self_.emplace(node_->system());
    auto& self = *self_;
    self->request(node_->threads(), patience, start_thread{std::move(config)})
      .receive([this](const thread_started& x) { thread_ = x.thread; }, fail);
    self->request(node_->threads(), patience, subscribe_events{thread_, sink(), 1'000, {}})
      .receive([](const thread_summary&) {}, fail);
  }

  /// A whole turn, from its input to its end.
  turn_record take_turn(std::string input) {
    if (!node_)
      start();
    record_ = {};
    submission next{{}, user_input{{text_input{std::move(input)}}, {}}};
    (*self_)
      ->request(node_->threads(), patience, submit_to_thread{thread_, std::move(next)})
      .receive([](const submitted&) {}, fail);
    while (record_.all<task_complete>().empty())
      receive_events();
    return std::move(record_);
  }

  node_root::node& node() { return *node_; }

  /// Whether something holds within ten seconds; looked at again and again, for what nobody tells.
  template <class Condition>
  bool comes_true(Condition holds) {
    for (int i = 0; i < 1'000 && !holds(); ++i) {
      std::promise<void> over;
      node_->io().after(std::chrono::milliseconds{10}, [&over] { over.set_value(); });
      over.get_future().wait();
    }
    return holds();
  }

private:
  static constexpr std::chrono::seconds patience{60};

  static void fail(const caf::error& x) { CAF_FAIL("the node refused: " << to_string(x)); }

  event_sink_actor sink() { return caf::actor_cast<event_sink_actor>(caf::actor{self_->ptr()}); }

  void receive_events() {
    (*self_)->receive(
      [this](const event_batch& x) {
        for (const auto& one : x.events)
          record_.events.push_back(one.msg);
        const auto used = static_cast<std::uint32_t>(x.events.size());
        caf::anon_send(node_->threads(), event_credit{thread_, sink(), used});
      },
      [](const events_lagged&) { CAF_FAIL("events were lost"); },
      caf::after(patience) >> [] { CAF_FAIL("the turn does not end"); });
  }

  temp_folder folder_;
  std::optional<node_root::node> node_;
  std::optional<caf::scoped_actor> self_;
  thread_id thread_;
  turn_record record_;
};

} // namespace troupe::test
