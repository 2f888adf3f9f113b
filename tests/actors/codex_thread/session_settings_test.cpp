#define CAF_SUITE session_settings
#include <caf/test/bdd_dsl.hpp>

#include "scripted_turn.hpp"

using namespace troupe;
using namespace troupe::codex_thread;
using namespace troupe::codex_thread::testing;

using strings = std::vector<std::string>;

namespace {

/// The tags, or first words, of the developer and environment messages that a step has recorded.
strings context_lines(const effects& x) {
  strings result;
  for (const auto& line : x.lines) {
    if (line.kind != line_kind::item)
      continue;
    const auto item = parse_response_item(line.payload_json.view());
    const auto text = message_text(*item, "input_text");
    if (text.starts_with('<'))
      result.push_back(text.substr(0, text.find_first_of("> ") + 1));
  }
  return result;
}

std::string turn_context_of(const effects& x) {
  for (const auto& line : x.lines)
    if (line.kind == line_kind::context)
      return line.payload_json.str();
  return "none";
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

identity_mask mask(identity_kind kind, std::string instructions, bool writes) {
  return {.name = to_string(kind),
          .kind = kind,
          .settings = {.model = {},
                       .reasoning_effort = {},
                       .developer_instructions =
                         setting_change<std::string>::to(std::move(instructions))},
          .capabilities = {.write_tools = writes}};
}

model_facts with_personality(std::string slug = "test-model") {
  auto facts = some_model(std::move(slug));
  auto info = *facts.info;
  info.model_messages = model_messages{.instructions_template = "Be {{ personality }}.",
                                       .personality_default = "",
                                       .personality_friendly = "Smile.",
                                       .personality_pragmatic = "Be short."};
  facts.info = shared_value{info};
  facts.instructions = shared_text{"Be Be short.."};
  facts.instructions_json = shared_text{"\"Be Be short..\""};
  return facts;
}

/// A turn to its end; what it has recorded is returned.
effects turn_with(scripted_session& s, override_turn_context settings) {
  s.submit(std::move(settings));
  s.submit(says("go"));
  auto out = s.take();
  s.model_says("ok");
  s.flushed();
  s.take();
  return out;
}

thread_provider another_provider() {
  return {.id = "other",
          .stream_max_retries = 9,
          .supports_websockets = false,
          .item_ids = true,
          .remote_compaction = false};
}

} // namespace

SCENARIO("each turn asks anew what is known of its model, with the user's own settings") {
  auto config = some_config();
  config.context_window = 7;
  config.auto_compact_token_limit = 6;
  config.tool_output_token_limit = 5;
  config.supports_reasoning_summaries = false;
  config.base_instructions = shared_text{"Mine."};
  config.personality = personality::friendly;
  config.features = {"personality"};
  scripted_session s{config};
  s.known_models.clear();
  s.submit(says("go"));
  auto asked = s.take();
  REQUIRE(asked.fetch_model.has_value());
  CHECK_EQ(asked.fetch_model->slug, "test-model");
  const auto& overrides = asked.fetch_model->overrides;
  CHECK(overrides.context_window == 7);
  CHECK(overrides.auto_compact_token_limit == 6);
  CHECK(overrides.tool_output_token_limit == 5);
  CHECK(overrides.supports_reasoning_summaries == false);
  CHECK_EQ(overrides.base_instructions.str(), "Mine.");
  CHECK(overrides.personality == personality::friendly);
  CHECK(overrides.keeps_messages);
  CHECK(!asked.open.has_value());
  s.known_models.push_back(model_with_limit(50));
  s.uut.on_model_facts(s.known_models.back(), s.out);
  s.take();
  s.model_says("a long answer", usage(60, 1));
  s.flushed();
  s.submit(says("again"));
  CHECK(s.take().open->request.tools_json == shared_text{"[]"}); // a compaction: the limit counts
}

SCENARIO("what is known of a model serves on when the models manager does not answer") {
  scripted_session s;
  s.known_models.clear();
  s.submit(says("go"));
  s.take();
  s.uut.on_model_failed("restarted", s.out);
  CHECK(s.take().open.has_value());
}

SCENARIO("an interrupt that comes while the model is asked for stops the turn it was meant for") {
  scripted_session s;
  auto model = std::exchange(s.known_models, {});
  s.submit(says("go"));
  s.submit(interrupt_turn{});
  s.uut.on_model_facts(model.front(), s.out);
  CHECK(!s.out.open.has_value());
  s.flushed();
  auto out = s.take();
  CHECK_EQ(events_of<turn_aborted>(out).size(), 1u);
  s.known_models = model;
  s.submit(says("next"));
  CHECK(s.take().open.has_value());
}

SCENARIO("input that follows while the model is asked for joins the same turn") {
  scripted_session s;
  auto model = std::exchange(s.known_models, {});
  CHECK_EQ(std::get<submitted>(s.submit(says("one"))).id, "0");
  CHECK_EQ(std::get<submitted>(s.submit(says("two"))).id, "0");
  s.uut.on_model_facts(model.front(), s.out);
  const auto out = s.take();
  CHECK_EQ(events_of<task_started>(out).size(), 1u);
  REQUIRE(out.open.has_value());
  CHECK_EQ(input_texts(out.open->request.input).back(), "two");
}

SCENARIO("settings that change during a turn are for the next one") {
  scripted_session s;
  s.submit(says("go"));
  CHECK(!s.take().open->request.effort);
  override_turn_context settings;
  settings.effort = reasoning_effort::high;
  settings.cwd = "/elsewhere";
  settings.identity = mask(identity_kind::explorer, "Look.", false);
  s.submit(settings);
  CHECK_EQ(s.uut.summary().cwd, "/work");
  s.model({output_item_done{function_call("exec_command", "c1")}, response_completed{"r", {}}});
  auto call = s.take();
  REQUIRE_EQ(call.tools.size(), 1u);
  CHECK(call.tools[0].context->access == tool_access::full);
  s.tool_answers("c1", "done");
  CHECK(!s.take().open->request.effort);
  s.model_says("ok");
  s.flushed();
  s.take();
  s.submit(says("next"));
  auto out = s.take();
  CHECK(out.open->request.effort == reasoning_effort::high);
  CHECK_EQ(context_lines(out), (strings{"<environment_context>", "<collaboration_mode>"}));
}

SCENARIO("a mode's instructions are told once, and recorded with every turn") {
  scripted_session s;
  override_turn_context settings;
  settings.collaboration_mode =
    collaboration_mode{.mode = mode_kind::plan,
                       .settings = {.model = "test-model",
                                    .reasoning_effort = reasoning_effort::medium,
                                    .developer_instructions = "Plan first."}};
  auto out = turn_with(s, settings);
  CHECK_EQ(context_lines(out), strings{"<collaboration_mode>"});
  CHECK(
    has(out.lines[0].payload_json.view(), "<collaboration_mode>Plan first.</collaboration_mode>"));
  CHECK(events_of<task_started>(out).front().mode == mode_kind::plan);
  CHECK(has(turn_context_of(out), R"("collaboration_mode":{"mode":"plan","settings":)"
                                  R"({"model":"test-model","reasoning_effort":"medium",)"
                                  R"("developer_instructions":"Plan first."}})"));
  out = turn_with(s, {});
  CHECK(context_lines(out).empty());
  CHECK(has(turn_context_of(out), R"("mode":"plan")"));
  settings.collaboration_mode = collaboration_mode{};
  out = turn_with(s, settings);
  CHECK(context_lines(out).empty()); // nothing to say: older instructions stay in force
  CHECK(events_of<task_started>(out).front().mode == mode_kind::default_mode);
}

SCENARIO("a turn that brings settings but no mode is in the default mode") {
  scripted_session s;
  override_turn_context plan;
  plan.collaboration_mode = collaboration_mode{
    .mode = mode_kind::plan,
    .settings = {.model = {}, .reasoning_effort = {}, .developer_instructions = "Plan first."}};
  turn_with(s, plan);
  user_turn turn;
  turn.input = says("go");
  s.submit(turn);
  CHECK(has(turn_context_of(s.take()),
            R"("mode":"default","settings":{"model":"test-model",)"
            R"("reasoning_effort":null,"developer_instructions":null})"));
}

SCENARIO("an identity that may not write turns tools and sandbox read-only, and back") {
  auto config = some_config();
  config.sandbox_policy.mode = sandbox_mode::workspace_write;
  scripted_session s{config};
  override_turn_context settings;
  settings.identity = mask(identity_kind::explorer, "Look.", false);
  auto out = turn_with(s, settings);
  CHECK_EQ(context_lines(out), (strings{"<permissions ", "<collaboration_mode>"}));
  CHECK(has(turn_context_of(out), R"("sandbox_policy":{"type":"read-only"})"));
  CHECK(has(turn_context_of(out), R"("identity":{"kind":"explorer","write_tools":false})"));
  settings.identity = mask(identity_kind::programmer, "Build.", true);
  out = turn_with(s, settings);
  CHECK_EQ(context_lines(out), (strings{"<permissions ", "<collaboration_mode>"}));
  CHECK(has(turn_context_of(out), R"("type":"workspace-write")"));
}

SCENARIO("a thread that starts as somebody tells its model so") {
  auto config = some_config();
  config.mode_instructions = shared_text{"Look."};
  config.identity = identity_kind::explorer;
  config.access = tool_access::read_only;
  config.sandbox_policy.mode = sandbox_mode::danger_full_access;
  session uut{config,
              [](const model_info&, const thread_config& x) {
                return shared_text{x.access == tool_access::full ? "[1]" : "[]"};
              },
              {}};
  uut.set_id(new_thread_id());
  uut.set_model(some_model());
  effects out;
  uut.start_new("/p.jsonl", out);
  CHECK_EQ(context_lines(out),
           (strings{"<permissions ", "<collaboration_mode>", "<environment_context>"}));
  CHECK(has(out.lines[0].payload_json.view(), "`read-only`"));
  CHECK(uut.started().configured.sandbox_policy == sandbox_policy{});
}

SCENARIO("a resumed thread goes on as who it was") {
  auto config = some_config();
  config.sandbox_policy.mode = sandbox_mode::workspace_write;
  session uut{config, [](const model_info&, const thread_config&) { return some_tools(); }, {}};
  rollout_history stored;
  stored.thread = new_thread_id();
  stored.path = "/old.jsonl";
  stored.lines.push_back(
    {line_kind::context,
     shared_text{R"({"model":"test-model","collaboration_mode":{"mode":"default","settings":)"
                 R"({"model":"test-model","reasoning_effort":"low","developer_instructions":)"
                 R"("Look."}},"identity":{"kind":"explorer","write_tools":false}})"}});
  uut.set_id(stored.thread);
  uut.set_model(some_model());
  effects out;
  uut.start_resumed(stored, out);
  uut.on_flushed(flush_goal::session_start, {}, out);
  uut.submit({.id = {}, .op = says("go")}, out);
  uut.on_model_facts(some_model(), out);
  CHECK_EQ(context_lines(out),
           (strings{"<permissions ", "<collaboration_mode>", "<environment_context>"}));
  CHECK(has(out.lines[0].payload_json.view(), "`read-only`"));
}

SCENARIO("the same model with another personality gets its words, another model only its own") {
  auto config = some_config();
  config.personality = personality::pragmatic;
  scripted_session s{config, with_personality()};
  s.known_models.push_back(with_personality("other-model"));
  override_turn_context settings;
  settings.personality = personality::friendly;
  auto out = turn_with(s, settings);
  CHECK_EQ(context_lines(out), strings{"<personality_spec>"});
  CHECK(has(out.lines[0].payload_json.view(), "\\nSmile. </personality_spec>"));
  CHECK(context_lines(turn_with(s, {})).empty());
  settings.personality = personality::none;
  CHECK(context_lines(turn_with(s, settings)).empty());
  settings.personality = personality::pragmatic;
  settings.model = "other-model";
  CHECK_EQ(context_lines(turn_with(s, settings)), strings{"<model_switch>"});
}

SCENARIO("a session keeps its instructions when its model changes") {
  scripted_session s;
  auto other = some_model("other-model");
  other.instructions = shared_text{"Be long."};
  other.instructions_json = shared_text{"\"Be long.\""};
  s.known_models.push_back(other);
  override_turn_context settings;
  settings.model = "other-model";
  const auto out = turn_with(s, settings);
  CHECK_EQ(out.open->request.model, "other-model");
  CHECK_EQ(out.open->request.instructions_json.str(), "\"Be brief.\"");
  CHECK(has(out.lines[0].payload_json.view(), "Be long."));
}

SCENARIO("a running turn stays with its provider, the next one goes to the other") {
  auto config = some_config();
  config.features = {"responses_websockets_v2"};
  config.origin.transport = model_transport::websocket_v2;
  scripted_session s{config};
  s.submit(says("go"));
  CHECK_EQ(s.take().open->request.provider, "test");
  s.uut.on_provider(another_provider(), s.out);
  s.model({output_item_done{function_call("exec_command", "c1")}, response_completed{"r", {}}});
  s.take();
  s.tool_answers("c1", "done");
  CHECK_EQ(s.take().open->request.provider, "test");
  s.model_says("ok");
  s.flushed();
  s.take();
  s.submit(says("next"));
  auto out = s.take();
  REQUIRE(out.open.has_value());
  CHECK_EQ(out.open->request.provider, "other");
  CHECK(out.open->request.origin.transport == model_transport::http);
  CHECK(!out.open->request.input_ids.empty());
  CHECK_EQ(out.closed_connections.size(), 1u);
}

SCENARIO("a WebSocket that was given up is tried again with another provider") {
  auto config = some_config();
  config.features = {"responses_websockets"};
  config.origin.transport = model_transport::websocket_v1;
  scripted_session s{config};
  s.submit(says("go"));
  s.take();
  s.model({websocket_refused{}});
  s.model_says("ok");
  s.flushed();
  s.take();
  s.submit(says("again"));
  CHECK(s.take().open->request.origin.transport == model_transport::http);
  auto provider = another_provider();
  provider.supports_websockets = true;
  s.uut.on_provider(provider, s.out);
  s.model_says("ok");
  s.flushed();
  s.take();
  s.submit(says("once more"));
  CHECK(s.take().open->request.origin.transport == model_transport::websocket_v1);
}

SCENARIO("a model that takes no images gets a text in their place, and the user is told") {
  auto facts = some_model();
  auto info = *facts.info;
  info.accepts_images = false;
  facts.info = shared_value{info};
  scripted_session s{some_config(), facts};
  s.submit(
    user_input{.items = {text_input{"look"}, image_input{"data:,x"}}, .output_schema_json = {}});
  auto out = s.take();
  REQUIRE_EQ(events_of<warning>(out).size(), 1u);
  CHECK_EQ(events_of<warning>(out)[0].message,
           "test-model takes no images; it gets a text in their place");
  const auto sent = out.open->request.input.back().str();
  CHECK(!has(sent, "input_image"));
  CHECK(has(sent, "This model takes no images."));
  CHECK(has(out.lines[0].payload_json.view(), "data:,x")); // another model may see it later
}

SCENARIO("the list of models that a response names is told to the models manager") {
  scripted_session s;
  s.submit(says("go"));
  s.take();
  s.model({models_etag_seen{"\"v2\""}});
  const auto out = s.take();
  REQUIRE(out.models_etag.has_value());
  CHECK_EQ(out.models_etag->provider, "test");
  CHECK_EQ(out.models_etag->etag, "\"v2\"");
}
