#define CAF_SUITE thread_models
#include <caf/test/bdd_dsl.hpp>

#include "tests/load/loaded_node.hpp"

#include <caf/actor_cast.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

using namespace troupe;

namespace {

/// No answer takes this long; a test that waits so has failed.
constexpr std::chrono::minutes patience{2};

/// Its first answer calls a tool, its second one says who speaks. Slow, so that something can
/// happen meanwhile.
std::string two_steps(const std::string& name) {
  return "name = \"" + name + R"("
models = ["gpt-5.2"]
[pace]
first_token_ms = 400
[[rule]]
when = { outputs = 0 }
reply = [{ call = "update_plan", arguments = { plan = [] } }]
[[rule]]
reply = [{ message = "I am )" +
         name + R"(." }]
)";
}

/// Says what it was offered and told.
constexpr std::string_view observant = R"(
name = "observant"
[[rule]]
when = { offers = "apply_patch", body_contains = "`workspace-write`" }
reply = [{ message = "I can write." }]
[[rule]]
when = { body_contains = "`read-only`" }
reply = [{ message = "I can only read." }]
[[rule]]
reply = [{ message = "Strange." }]
)";

/// Lets in who knows its key, and says who it is.
std::string guarded(const std::string& name, const std::string& websocket) {
  return "name = \"" + name + "\"\nwebsocket = \"" + websocket + "\"\n[auth]\ntokens = [\"key-of-" +
         name + "\"]\n[[rule]]\nreply = [{ message = \"I am " + name + ".\" }]\n";
}

/// Two providers and a node whose threads begin at the first one.
class two_providers {
public:
  using change = std::function<void(config::config&)>;

  two_providers(const std::string& first, const std::string& second, const change& adapt = {})
    : a(first), b(second), node_({.settings = settings(adapt), .client_version = "0.1.0"}),
      self_(std::in_place, node_.system()) {}

  ~two_providers() {
    self_.reset(); // a node waits for every actor
    node_.stop();
  }

  test::troubled_provider a;
  test::troubled_provider b;

  thread_config config() const {
    auto result = node_root::make_thread_config(node_.options().settings, {}, "test", "");
    result.ephemeral = true;
    return result;
  }

  template <class Answer, class Question>
  Answer ask(Question x) {
    Answer result;
    (*self_)
      ->request(node_.threads(), patience, std::move(x))
      .receive([&](Answer& answer) { result = std::move(answer); },
               [](const caf::error& err) { CAF_FAIL(to_string(err)); });
    return result;
  }

  void order(switch_provider x) {
    (*self_)
      ->request(node_.threads(), patience, std::move(x))
      .receive([] {}, [](const caf::error& err) { CAF_FAIL(to_string(err)); });
  }

  std::string refusal(switch_provider x) {
    std::string result;
    (*self_)
      ->request(node_.threads(), patience, std::move(x))
      .receive([] {}, [&](const caf::error& err) { result = to_string(err); });
    return result;
  }

  thread_id start(thread_config x) {
    const auto id = ask<thread_started>(start_thread{std::move(x)}).thread;
    ask<thread_summary>(subscribe_events{id, sink(), 10'000, delta_wish::none});
    return id;
  }

  void submit(const thread_id& thread, op x) {
    ask<submitted>(submit_to_thread{thread, {{}, std::move(x)}});
  }

  void say(const thread_id& thread) {
    submit(thread, user_input{.items = {text_input{"go"}}, .output_schema_json = {}});
  }

  /// The next event of that type.
  template <class Event>
  Event next() {
    std::optional<Event> result;
    while (!result)
      (*self_)->receive(
        [&](const event_batch& x) {
          for (const auto& one : x.events)
            if (const auto* found = std::get_if<Event>(&one.msg); found && !result)
              result = *found;
        },
        caf::after(patience) >> [] { CAF_FAIL("the event does not come"); });
    return *result;
  }

  std::string last_message() { return next<task_complete>().last_agent_message.value_or("none"); }

  /// Starts many at once and waits for all of them.
  std::size_t start_many(std::size_t count) {
    const auto ask_one = [this] {
      return (*self_)->request(node_.threads(), patience, start_thread{config()});
    };
    std::vector<decltype(ask_one())> open;
    for (std::size_t i = 0; i < count; ++i)
      open.push_back(ask_one());
    std::size_t started = 0;
    for (auto& one : open)
      one.receive([&](const thread_started&) { ++started; },
                  [](const caf::error& err) { CAF_FAIL(to_string(err)); });
    return started;
  }

private:
  event_sink_actor sink() { return caf::actor_cast<event_sink_actor>(caf::actor{*self_}); }

  config::config settings(const change& adapt) {
    config::config result;
    result.home = folder_.make_folder("home");
    result.cwd = folder_.make_folder("work");
    result.model = "gpt-5.2";
    result.model_provider_id = "a";
    result.model_provider = a.entry();
    result.model_providers.emplace("a", a.entry());
    result.model_providers.emplace("b", b.entry());
    result.approval_policy = approval_policy::never;
    result.sandbox_policy.mode = sandbox_mode::workspace_write;
    if (adapt)
      adapt(result);
    return result;
  }

  test::temp_folder folder_;
  node_root::node node_;
  std::optional<caf::scoped_actor> self_;
};

} // namespace

SCENARIO("a running turn ends at its provider, the next one goes to the other") {
  two_providers uut{two_steps("a"), two_steps("b")};
  const auto thread = uut.start(uut.config());
  uut.say(thread);
  uut.next<task_started>();
  uut.order(switch_provider{"b"});
  CHECK_EQ(uut.last_message(), "I am a.");
  CHECK_EQ(uut.a.stats().responses, 2u);
  CHECK_EQ(uut.b.stats().responses, 0u);
  uut.say(thread);
  CHECK_EQ(uut.last_message(), "I am b.");
  CHECK_EQ(uut.a.stats().responses, 2u);
  CHECK_EQ(uut.b.stats().responses, 2u);
  auto config = uut.config();
  config.provider.clear(); // of the node's choice
  uut.say(uut.start(config));
  CHECK_EQ(uut.last_message(), "I am b.");
  uut.order(switch_provider{"a"});
  uut.say(thread);
  CHECK_EQ(uut.last_message(), "I am a.");
}

SCENARIO("credentials and WebSocket go with the provider") {
  two_providers uut{guarded("a", "v2"), guarded("b", "off"), [](config::config& x) {
                      for (auto& [id, provider] : x.model_providers)
                        provider.experimental_bearer_token = secret{"key-of-" + id};
                      x.model_providers.at("a").supports_websockets = true;
                      x.model_provider = x.model_providers.at("a");
                      x.features.set(config::feature::responses_websockets_v2,
                                     config::feature_switch::enable);
                    }};
  const auto thread = uut.start(uut.config());
  uut.say(thread);
  CHECK_EQ(uut.last_message(), "I am a.");
  const auto handshakes = uut.a.stats().handshakes;
  CHECK(handshakes > 0);
  uut.order(switch_provider{"b"});
  uut.say(thread);
  CHECK_EQ(uut.last_message(), "I am b.");
  CHECK_EQ(uut.b.stats().handshakes, 0u);
  uut.order(switch_provider{"a"});
  uut.say(thread);
  CHECK_EQ(uut.last_message(), "I am a.");
  CHECK(uut.a.stats().handshakes > handshakes);
  CHECK_EQ(uut.a.stats().unauthorized + uut.b.stats().unauthorized, 0u);
}

SCENARIO("a provider that is not configured is refused and nothing changes") {
  two_providers uut{two_steps("a"), two_steps("b")};
  CHECK(uut.refusal(switch_provider{"c"}).find("no_such_provider") != std::string::npos);
  uut.say(uut.start(uut.config()));
  CHECK_EQ(uut.last_message(), "I am a.");
}

SCENARIO("a thousand threads that start at once ask for the list of models once") {
  two_providers uut{two_steps("a"), two_steps("b")};
  CHECK_EQ(uut.start_many(1'000), 1'000u);
  CHECK(uut.a.stats().models <= 1);
  CHECK_EQ(uut.start_many(100), 100u);
  CHECK(uut.a.stats().models <= 1);
}

SCENARIO("a provider whose list does not come holds up starts for one question") {
  two_providers uut{two_steps("a") + "[[fault]]\non = \"models\"\nkind = \"stall\"\n"
                                     "at = \"before_headers\"\n",
                    two_steps("b")};
  CHECK_EQ(uut.start_many(200), 200u);
  CHECK_EQ(uut.start_many(200), 200u);
  CHECK_EQ(uut.a.stats().requests, 1u);
  uut.say(uut.start(uut.config()));
  CHECK_EQ(uut.last_message(), "I am a.");
}

SCENARIO("tools and sandbox follow the identity from turn to turn") {
  two_providers uut{std::string{observant}, std::string{observant}};
  const auto known = uut.ask<identity_list>(list_identities{}).identities;
  REQUIRE_EQ(known.size(), 5u);
  const auto thread = uut.start(uut.config());
  uut.say(thread);
  CHECK_EQ(uut.last_message(), "I can write.");
  for (const auto& mask : known) {
    override_turn_context settings;
    settings.identity = mask;
    uut.submit(thread, settings);
    uut.say(thread);
    CHECK_EQ(uut.last_message(),
             mask.capabilities.write_tools ? "I can write." : "I can only read.");
  }
}

SCENARIO("what is asked of the models manager can be asked of the thread manager") {
  two_providers uut{two_steps("a"), two_steps("b")};
  const list_models offline{.strategy = refresh_strategy::offline};
  CHECK(!uut.ask<model_list>(offline).models.empty());
  CHECK(!uut.ask<model_list>(list_picker_models{}).models.empty());
  CHECK(!uut.ask<model_list>(list_model_switcher_models{}).models.empty());
  CHECK(!uut.ask<model_list>(try_list_models{}).models.empty());
  CHECK(!uut.ask<model_list>(try_list_picker_models{}).models.empty());
  CHECK(!uut.ask<model_list>(try_list_model_switcher_models{}).models.empty());
  CHECK(!uut.ask<bool>(try_is_official_openai_model{"gpt-5.2", "a"}));
  CHECK_EQ(uut.ask<chosen_model>(get_default_model{.model = "mine"}).slug, "mine");
  CHECK_EQ(uut.ask<model_facts>(get_model_info{.slug = "gpt-5.2", .overrides = {}}).info->slug,
           "gpt-5.2");
  CHECK_EQ(uut.ask<collaboration_mode_list>(list_collaboration_modes{}).modes.size(), 2u);
}
