#include "apps/run/sandbox_news.hpp"

#include "actors/node_root/node.hpp"
#include "actors/tool_runner/exec_policy.hpp"

#include <caf/send.hpp>

#include <chrono>
#include <set>
#include <string>
#include <utility>

namespace troupe::run {

namespace {

/// Above the limit of the trial itself.
constexpr std::chrono::seconds answer_limit{30};

} // namespace

std::optional<sandbox_policy> expected_sandbox(const sandbox_policy& base,
                                               std::span<const task> tasks) {
  std::optional<sandbox_policy> result;
  std::set<std::string> folders;
  for (const auto& x : tasks) {
    auto policy = base;
    policy.mode = x.sandbox.value_or(base.mode);
    if (!x.sandbox && x.has_own_workspace() && policy.mode == sandbox_mode::read_only)
      policy.mode = sandbox_mode::workspace_write; // as `prepare_task` does
    if (!tool_runner::restricts_writing(policy.mode))
      continue;
    if (x.cwd && policy.mode == sandbox_mode::workspace_write)
      folders.insert(x.cwd->string());
    if (!result)
      result = std::move(policy);
  }
  if (result)
    result->writable_roots.insert(result->writable_roots.end(), folders.begin(), folders.end());
  return result;
}

void sandbox_news::ask_for(node_root::node_options& options,
                           std::optional<sandbox_policy> expected) {
  options.on_tool_refused = [actor = actor_.get_future().share()](const thread_id& thread,
                                                                  const std::string&) {
    caf::anon_send(actor.get(), caf::put_atom_v, thread);
  };
  if (!expected)
    return;
  answer_ = probed_.get_future();
  options.expected_sandbox = std::move(expected);
  options.on_sandbox_probed = [this](const std::string& x) { probed_.set_value(x); };
}

std::optional<std::string> sandbox_news::problem() {
  if (!answer_.valid() || answer_.wait_for(answer_limit) != std::future_status::ready)
    return std::nullopt;
  auto text = answer_.get();
  return text.empty() ? std::nullopt : std::optional{std::move(text)};
}

} // namespace troupe::run
