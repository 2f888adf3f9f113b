#include "apps/run/task_preparation.hpp"

#include "actors/node_root/thread_settings.hpp"
#include "apps/run/workspace.hpp"
#include "config/project_docs.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace troupe::run {

namespace {

config::typed_overrides typed_for(const run_setup& setup, const task& x) {
  auto out = setup.typed;
  if (x.model)
    out.model = x.model;
  if (x.identity)
    out.identity = x.identity;
  if (x.mode)
    out.collaboration_mode = x.mode;
  if (x.sandbox)
    out.sandbox_mode = x.sandbox;
  // A task that cannot write into its own fresh folder could do nothing.
  const bool read_only = setup.base.settings.sandbox_policy.mode == sandbox_mode::read_only;
  if (x.has_own_workspace() && !out.sandbox_mode && read_only)
    out.sandbox_mode = sandbox_mode::workspace_write;
  return out;
}

prepared_task failure(std::string workspace, std::string problem) {
  return {std::move(workspace), {}, std::move(problem), {}};
}

} // namespace

prepared_task prepare_task(const run_setup& setup, const task& x, std::uint32_t attempt) {
  const auto folder = x.cwd ? *x.cwd : workspace_path(setup.out, x.id, attempt);
  if (x.has_own_workspace())
    if (auto problem = prepare_workspace(folder, x.template_folder))
      return failure(folder.string(), *std::move(problem));
  auto loaded = common::load_config(setup.base.settings.home, setup.base.environment,
                                    {folder, setup.overrides, typed_for(setup, x)});
  if (auto* problem = std::get_if<common::settings_problem>(&loaded))
    return failure(folder.string(), std::move(problem->message));
  auto& settings = std::get<config::config>(loaded);
  if (setup.offline != nullptr)
    setup.offline->use_in(settings);
  auto documents = config::user_instructions(settings, folder);
  std::ranges::move(documents.warnings, std::back_inserter(settings.warnings));
  auto thread = node_root::make_thread_config(settings, session_source{.kind = source_kind::exec},
                                              settings.originator, std::move(documents.text));
  node_root::note_roots(thread);
  return {folder.string(), std::move(thread), {}, std::move(settings.warnings)};
}

user_input input_of(const task& x) {
  return {{text_input{x.prompt}}, x.output_schema_json};
}

} // namespace troupe::run
