#include "actors/thread_door/thread_ceiling.hpp"

#include "actors/codex_thread/session_core.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace troupe::thread_door {

namespace {

std::string normal(const std::string& path) {
  auto result = std::filesystem::path{path}.lexically_normal().string();
  while (result.size() > 1 && result.ends_with('/'))
    result.pop_back();
  return result;
}

/// Only the very folders: one below could be a link that a tool has made.
bool is_root(const std::string& path, const ceiling& x) {
  const auto is_same = [wanted = normal(path)](const std::string& root) {
    return normal(root) == wanted;
  };
  return is_same(x.own.cwd) || std::ranges::any_of(x.limits.roots, is_same);
}

/// An external sandbox is none of ours: it counts as none.
int freedom(sandbox_mode x) {
  switch (x) {
  case sandbox_mode::read_only: return 0;
  case sandbox_mode::workspace_write: return 1;
  case sandbox_mode::danger_full_access:
  case sandbox_mode::external_sandbox: return 2;
  }
  return 2; // unreachable; keeps GCC content
}

sandbox_policy lowered(sandbox_policy asked, const ceiling& x) {
  if (freedom(asked.mode) > freedom(x.limits.sandbox))
    asked.mode = x.limits.sandbox;
  asked.network_access = asked.network_access && x.limits.network_access;
  std::erase_if(asked.writable_roots, [&x](const auto& path) { return !is_root(path, x); });
  // Shared with everybody on the machine, and with the node's own threads.
  asked.exclude_slash_tmp = asked.exclude_slash_tmp || !is_root("/tmp", x);
  asked.exclude_tmpdir_env_var = true;
  return asked;
}

bool is_allowed_model(const std::string& model, const ceiling& x) {
  const auto& models = x.limits.models;
  return models.empty() || std::ranges::find(models, model) != models.end();
}

std::string refused_folder(const std::string& cwd) {
  return "this node lets no thread of another node work in " + cwd + " ([node] roots)";
}

std::string refused_model(const std::string& model) {
  return "this node lets no thread of another node use the model " + model + " ([node] models)";
}

std::string lower(override_turn_context& asked, const ceiling& x) {
  if (asked.cwd && !is_root(*asked.cwd, x))
    return refused_folder(*asked.cwd);
  if (asked.approval_policy)
    asked.approval_policy = approval_policy::never;
  if (asked.sandbox_policy)
    asked.sandbox_policy = lowered(*std::move(asked.sandbox_policy), x);
  if (asked.model && !is_allowed_model(*asked.model, x))
    return refused_model(*asked.model);
  if (asked.collaboration_mode && !is_allowed_model(asked.collaboration_mode->settings.model, x))
    return refused_model(asked.collaboration_mode->settings.model);
  if (asked.identity && asked.identity->settings.model &&
      !is_allowed_model(*asked.identity->settings.model, x))
    return refused_model(*asked.identity->settings.model);
  return {};
}

} // namespace

std::variant<thread_config, std::string> clamp(thread_config asked, const ceiling& x) {
  if (asked.cwd.empty())
    asked.cwd = x.own.cwd;
  if (!is_root(asked.cwd, x))
    return refused_folder(asked.cwd);
  if (asked.model.empty())
    asked.model = x.own.model;
  if (!is_allowed_model(asked.model, x))
    return refused_model(asked.model);
  auto result = x.own;
  if (!asked.provider.empty() && asked.provider != x.own.provider) {
    const auto known = std::ranges::find(x.providers, asked.provider, &thread_provider::id);
    if (known == x.providers.end())
      return "this node lets no thread of another node use the provider " + asked.provider +
             " ([node] providers)";
    codex_thread::adopt_provider(result, *known);
  }
  result.model = std::move(asked.model);
  result.cwd = std::move(asked.cwd);
  // There is nobody here to approve for another node, and a peer must not approve its own.
  result.approval_policy = approval_policy::never;
  result.sandbox_policy = lowered(std::move(asked.sandbox_policy), x);
  result.identity = asked.identity;
  result.access = x.own.access == tool_access::read_only ? x.own.access : asked.access;
  result.mode = asked.mode;
  result.mode_instructions = std::move(asked.mode_instructions);
  result.effort = asked.effort;
  result.summary = asked.summary;
  result.verbosity = asked.verbosity;
  result.personality = asked.personality;
  result.base_instructions = std::move(asked.base_instructions);
  result.user_instructions = std::move(asked.user_instructions);
  result.developer_instructions = std::move(asked.developer_instructions);
  result.compact_prompt = std::move(asked.compact_prompt);
  if (asked.web_search == web_search_mode::disabled)
    result.web_search = asked.web_search;
  result.source = std::move(asked.source);
  result.ephemeral = asked.ephemeral;
  return result;
}

std::variant<op, std::string> clamp(op asked, const ceiling& x) {
  std::string problem;
  if (auto* turn = std::get_if<user_turn>(&asked))
    problem = lower(turn->settings, x);
  else if (auto* settings = std::get_if<override_turn_context>(&asked))
    problem = lower(*settings, x);
  if (!problem.empty())
    return problem;
  return asked;
}

} // namespace troupe::thread_door
