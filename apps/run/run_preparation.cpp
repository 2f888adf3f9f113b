#include "apps/run/run_preparation.hpp"

#include "apps/run/task_file.hpp"
#include "apps/run/workspace.hpp"

#include <fmt/format.h>
#include <utility>

namespace troupe::run {

namespace fs = std::filesystem;

namespace {

template <class Value>
using outcome = std::variant<Value, run_refusal>;

/// Without the newline that ends every line of a problem with a TASKS file.
run_refusal to_refusal(task_file_problem x) {
  x.message.pop_back();
  return {std::move(x.message)};
}

outcome<std::shared_ptr<run_setup>> make_setup(const run_args& args,
                                               common::override_options root) {
  auto out = std::make_shared<run_setup>();
  const std::vector<common::override_options> levels{std::move(root), args.overrides};
  auto overrides = common::joined_overrides(levels);
  if (const auto* error = std::get_if<config::config_error>(&overrides))
    return run_refusal{to_string(*error)};
  out->overrides = std::get<std::vector<std::string>>(std::move(overrides));
  out->typed.model = args.model;
  out->typed.profile = args.profile;
  out->typed.sandbox_mode = args.sandbox;
  auto cwd = common::working_root(std::nullopt);
  if (auto* problem = std::get_if<common::settings_problem>(&cwd))
    return run_refusal{std::move(problem->message)};
  auto loaded =
    common::load_settings({std::get<fs::path>(std::move(cwd)), out->overrides, out->typed});
  if (auto* problem = std::get_if<common::settings_problem>(&loaded))
    return run_refusal{std::move(problem->message)};
  out->base = std::get<common::loaded_settings>(std::move(loaded));
  return out;
}

outcome<std::shared_ptr<result_file>> open_results(const fs::path& out) {
  auto opened = result_file::open(out);
  if (const auto* error = std::get_if<std::error_code>(&opened)) {
    if (*error == std::errc::resource_unavailable_try_again)
      return run_refusal{fmt::format("Error: another run is writing to {}", out.string())};
    return run_refusal{
      fmt::format("Error: cannot write {}: {}", results_path(out).string(), error->message())};
  }
  return std::make_shared<result_file>(std::get<result_file>(std::move(opened)));
}

outcome<earlier_results> read_earlier(const result_file& results, const run_args& args) {
  const auto text = results.read();
  if (const auto* error = std::get_if<std::error_code>(&text))
    return run_refusal{
      fmt::format("Error: cannot read {}: {}", results_path(args.out).string(), error->message())};
  const auto& lines = std::get<std::string>(text);
  if (!lines.empty() && !args.resume)
    return run_refusal{fmt::format("Error: {} holds results already. Add --resume to run what is "
                                   "missing, or choose another folder with --out",
                                   args.out.string())};
  auto out = read_results(lines);
  // The torn line stays, but nothing must be appended to it.
  if (out.torn_tail)
    if (const auto error = results.append("\n"))
      return run_refusal{fmt::format("Error: cannot write {}: {}", results_path(args.out).string(),
                                     error.message())};
  return out;
}

std::optional<run_refusal> refuse_nested_template(const std::vector<task>& tasks,
                                                  const fs::path& out) {
  for (const auto& x : tasks)
    if (x.template_folder && is_within(out, *x.template_folder))
      return run_refusal{fmt::format("Error: the results folder {} lies inside the template {}, "
                                     "which would be copied into itself",
                                     out.string(), x.template_folder->string())};
  return std::nullopt;
}

std::string notice_of(const run_args& args, const run_plan& plan, const earlier_results& earlier) {
  if (!args.resume)
    return {};
  auto text = fmt::format("resuming: {} of {} tasks are done", plan.kept.size(),
                          plan.kept.size() + plan.todo.size());
  if (plan.changed > 0)
    text += fmt::format("; {} read differently now and run again", plan.changed);
  if (earlier.unreadable_lines > 0)
    text += fmt::format("; {} unreadable line(s) of results.jsonl do not count",
                        earlier.unreadable_lines);
  return text += '\n';
}

} // namespace

std::variant<ready_run, run_refusal> prepare_run(const run_args& args,
                                                 common::override_options root) {
  ready_run out;
  auto tasks = load_tasks(args.tasks);
  if (auto* problem = std::get_if<task_file_problem>(&tasks))
    return to_refusal(std::move(*problem));
  out.tasks = std::get<std::vector<task>>(std::move(tasks));
  auto setup = make_setup(args, std::move(root));
  if (auto* refusal = std::get_if<run_refusal>(&setup))
    return std::move(*refusal);
  out.setup = std::get<std::shared_ptr<run_setup>>(std::move(setup));
  out.setup->out = fs::absolute(args.out).lexically_normal();
  if (auto refusal = refuse_nested_template(out.tasks, out.setup->out))
    return *std::move(refusal);
  auto results = open_results(args.out);
  if (auto* refusal = std::get_if<run_refusal>(&results))
    return std::move(*refusal);
  out.results = std::get<std::shared_ptr<result_file>>(std::move(results));
  auto earlier = read_earlier(*out.results, args);
  if (auto* refusal = std::get_if<run_refusal>(&earlier))
    return std::move(*refusal);
  const auto& known = std::get<earlier_results>(earlier);
  out.plan =
    plan_run(out.tasks, known, args.retry_failed ? failed_tasks::retry : failed_tasks::keep);
  out.notice = notice_of(args, out.plan, known);
  return out;
}

} // namespace troupe::run
