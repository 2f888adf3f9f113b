#include "actors/codex_thread/session.hpp"

#include "actors/codex_thread/thread_mode.hpp"
#include "messages/json/item_json.hpp"
#include "messages/json/source_json.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

/// How a session begins: its model, its first lines, what it takes over from a rollout.
namespace troupe::codex_thread {

namespace {

/// ": line 3, 7 and others". A torn last line, which is told apart, is the last number.
std::string numbers_of_lines(const rollout_history& stored, std::uint64_t wanted) {
  const auto known = std::min<std::uint64_t>(wanted, stored.damaged_at.size());
  if (known == 0)
    return {};
  const std::span numbers{stored.damaged_at.data(), static_cast<std::size_t>(known)};
  return fmt::format(": line {}{}", fmt::join(numbers, ", "), known < wanted ? " and others" : "");
}

} // namespace

session::session(thread_config config, tool_list tools, std::string tmpdir)
  : tools_(std::move(tools)) {
  core_.config = std::move(config);
  core_.tmpdir = std::move(tmpdir);
  uses_websocket_ = core_.config.origin.transport != model_transport::http;
}

get_model_info session::model_question() const {
  const auto& config = core_.config;
  return {.slug = config.model,
          .overrides = {.supports_reasoning_summaries = config.supports_reasoning_summaries,
                        .context_window = config.context_window,
                        .auto_compact_token_limit = config.auto_compact_token_limit,
                        .tool_output_token_limit = config.tool_output_token_limit,
                        .base_instructions = config.base_instructions,
                        .personality = config.personality,
                        .keeps_messages = has_feature(config, "personality")}};
}

session_meta session::meta() const {
  return {.id = core_.id,
          .forked_from_id = {},
          .cwd = core_.config.cwd,
          .originator = core_.config.originator,
          .source_json = boost::json::serialize(to_json(core_.config.source)),
          .model_provider = core_.config.provider,
          .base_instructions = core_.instructions};
}

void session::set_id(const thread_id& id) {
  core_.id = id;
  core_.jitter.seed(static_cast<std::minstd_rand::result_type>(std::hash<thread_id>{}(id)));
}

void session::set_model(model_facts facts) {
  // The session's instructions stay what they were when only the model changes (contract
  // models-manager.md 13).
  if (core_.instructions.empty()) {
    core_.instructions = facts.instructions;
    core_.instructions_json = facts.instructions_json;
  }
  // Equal questions share one answer, so a turn like the one before keeps its tools without a look.
  const bool has_tools = &*facts.info == &*core_.model.info && tools_for_ == core_.config.access;
  core_.model = std::move(facts);
  core_.config.model = core_.model.info->slug;
  core_.sandbox = effective_sandbox(core_.config);
  if (has_tools)
    return;
  core_.tools_json = tools_(*core_.model.info, core_.config);
  tools_for_ = core_.config.access;
}

void session::start_new(std::string rollout_path, effects& out) {
  core_.rollout_path = std::move(rollout_path);
  for (const auto& item : initial_context(core_.facts()))
    core_.record(item, {}, out);
  seeded_ = true;
  remember_settings();
  describe_for_connection(out);
  out.flush = flush_goal::session_start;
}

void session::start_resumed(const rollout_history& stored, effects& out) {
  core_.rollout_path = stored.path;
  restore_mode(core_.config, last_turn_context(stored.lines).view());
  set_model(core_.model); // what the mode allows
  auto rebuilt = rebuild(stored.lines, initial_context(core_.facts()));
  core_.history.replace(rebuilt.items, core_.model.info->truncation_policy);
  if (rebuilt.usage)
    core_.tokens.restore(*rebuilt.usage);
  if (!rebuilt.base_instructions.empty() && core_.config.base_instructions.empty()) {
    core_.instructions = rebuilt.base_instructions;
    core_.instructions_json = shared_text{json_quoted(rebuilt.base_instructions.view())};
  }
  initial_messages_ = std::move(rebuilt.event_messages_json);
  forked_from_ = rebuilt.forked_from;
  if (!rebuilt.model.empty() && rebuilt.model != core_.model.info->slug) {
    previous_model_ = rebuilt.model;
    warnings_.push_back(
      fmt::format("This session was recorded with model `{}` but is resuming with "
                  "`{}`. Answers may differ.",
                  rebuilt.model, core_.model.info->slug));
  }
  if (stored.torn_tail)
    warnings_.push_back(
      fmt::format("The last line of {} was cut off and is left out.", stored.path));
  const auto garbage =
    stored.damaged_lines - (stored.torn_tail && stored.damaged_lines > 0 ? 1 : 0);
  if (garbage > 0)
    warnings_.push_back(fmt::format("{} unreadable line(s) of {} are left out{}.", garbage,
                                    stored.path, numbers_of_lines(stored, garbage)));
  remember_settings();
  describe_for_connection(out);
  out.flush = flush_goal::session_start;
}

void session::describe_for_connection(effects& out) {
  if (!uses_websocket_)
    return;
  preparing_ = true;
  out.describe = workspace_question{.turn = {}, .cwd = core_.config.cwd};
}

void session::prepare_connection_with(std::string metadata_json, effects& out) {
  // A turn that has begun meanwhile makes its own connection.
  if (!std::exchange(preparing_, false))
    return;
  auto like = base_request(core_);
  like.origin.turn_metadata = std::move(metadata_json);
  out.prepare = prepare_connection{
    .thread = core_.id, .provider = std::move(like.provider), .origin = std::move(like.origin)};
}

thread_started session::started() const {
  thread_started x;
  x.thread = core_.id;
  x.warnings = warnings_;
  x.configured = {.session_id = core_.id,
                  .forked_from_id = forked_from_,
                  .model = core_.model.info->slug,
                  .model_provider_id = core_.config.provider,
                  .approval_policy = core_.config.approval_policy,
                  .sandbox_policy = core_.sandbox,
                  .cwd = core_.config.cwd,
                  .reasoning_effort = core_.config.effort,
                  .initial_messages_json = initial_messages_,
                  .rollout_path = core_.rollout_path};
  return x;
}

} // namespace troupe::codex_thread
