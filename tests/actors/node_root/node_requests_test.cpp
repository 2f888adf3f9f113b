#define CAF_SUITE node_requests
#include <caf/test/bdd_dsl.hpp>

#include "actors/node_root/node.hpp"
#include "actors/node_root/thread_settings.hpp"
#include "tests/support/scripted_peer.hpp"
#include "tests/support/temp_folder.hpp"

#include <caf/actor_cast.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <optional>

using namespace troupe;
using namespace troupe::testing;

namespace {

/// A whole node whose threads talk to a scripted provider, one turn at a time.
class talking_node {
public:
  explicit talking_node(const scripted_peer& peer)
    : node_({.settings = settings_for(peer), .client_version = "0.1.0"}) {
    self_.emplace(node_.system());
  }

  ~talking_node() {
    self_.reset();
    node_.stop();
  }

  /// Starts a thread and listens to it.
  thread_id start(const session_source& source = {}) {
    const auto config = node_root::make_thread_config(node_.options().settings, source, "test", "");
    const auto id = ask<thread_started>(start_thread{config}).thread;
    const auto sink = caf::actor_cast<event_sink_actor>(caf::actor{self_->ptr()});
    ask<thread_summary>(subscribe_events{id, sink, 10'000, delta_wish::none});
    return id;
  }

  /// Runs a turn to its end; false when it failed.
  bool turn(const thread_id& id) {
    ask<submitted>(submit_to_thread{id, {{}, user_input{{text_input{"Say something."}}, {}}}});
    bool has_ended = false;
    bool has_failed = false;
    while (!has_ended)
      (*self_)->receive(
        [&](const event_batch& x) {
          for (const auto& one : x.events) {
            has_failed = has_failed || std::holds_alternative<turn_error>(one.msg);
            has_ended = has_ended || std::holds_alternative<task_complete>(one.msg);
          }
        },
        caf::after(std::chrono::seconds{20}) >> [] { CAF_FAIL("the turn does not end"); });
    return !has_failed;
  }

private:
  template <class Answer, class Request>
  Answer ask(Request x) {
    std::optional<Answer> result;
    (*self_)
      ->request(node_.threads(), caf::infinite, std::move(x))
      .receive([&](Answer& answer) { result = std::move(answer); },
               [](const caf::error& error) { CAF_FAIL(error); });
    return *std::move(result);
  }

  config::config settings_for(const scripted_peer& peer) {
    config::config result;
    result.home = folder_.make_folder("home");
    result.cwd = folder_.make_folder("work");
    result.model = "gpt-5.2"; // of the bundled catalogue; nothing is asked of it but its name
    result.model_provider_id = "mock";
    result.model_provider.name = "mock";
    result.model_provider.base_url = peer.base_url();
    result.model_provider.request_max_retries = 0;
    result.model_providers.emplace("mock", result.model_provider);
    result.approval_policy = approval_policy::never;
    // The script is for turns; nobody asks it for a list of models.
    result.features.set(config::feature::remote_models, config::feature_switch::disable);
    return result;
  }

  test::temp_folder folder_;
  node_root::node node_;
  std::optional<caf::scoped_actor> self_;
};

scripted_answer with_turn_state(scripted_answer x, std::string value) {
  x.headers.set("x-codex-turn-state", std::move(value));
  return x;
}

/// An answer after which the turn goes on.
scripted_answer plan_answer() {
  return stream_answer({created_event() +
                        function_call_event("update_plan", R"({"plan":[]})", "call_1") +
                        completed_event()});
}

std::vector<std::string> values(const scripted_peer& peer, std::string_view header) {
  std::vector<std::string> result;
  for (const auto& x : peer.requests())
    result.emplace_back(x.headers.find(header).value_or("none"));
  return result;
}

using strings = std::vector<std::string>;

} // namespace

SCENARIO("a turn's state is sent back until the turn ends, and the next turn has its own") {
  scripted_peer peer{{with_turn_state(plan_answer(), "first"), with_turn_state(plan_answer(), "x"),
                      reply_answer("done"), plan_answer(), with_turn_state(plan_answer(), "second"),
                      reply_answer("done")}};
  talking_node node{peer};
  const auto thread = node.start();
  CHECK(node.turn(thread));
  CHECK(node.turn(thread));
  CHECK_EQ(values(peer, "x-codex-turn-state"),
           (strings{"none", "first", "first", "none", "none", "second"}));
}

SCENARIO("a repeated request carries the state that its turn has by then") {
  auto cut = with_turn_state(stream_answer({created_event()}, scripted_answer::ending::cut), "s");
  scripted_peer peer{{std::move(cut), reply_answer("done")}};
  talking_node node{peer};
  CHECK(node.turn(node.start()));
  CHECK_EQ(values(peer, "x-codex-turn-state"), (strings{"none", "s"}));
}

SCENARIO("requests of sub-agents are labelled, those of other threads are not") {
  scripted_peer peer{{reply_answer("done")}};
  talking_node node{peer};
  CHECK(node.turn(node.start({.kind = source_kind::subagent_review})));
  CHECK(node.turn(node.start({.kind = source_kind::subagent_thread_spawn})));
  CHECK(node.turn(node.start({.kind = source_kind::subagent_other, .label = "guardian"})));
  CHECK(node.turn(node.start()));
  CHECK_EQ(values(peer, "x-openai-subagent"),
           (strings{"review", "collab_spawn", "guardian", "none"}));
}
