#include "apps/run/run_preparation.hpp"

#include "apps/run/task_file.hpp"
#include "apps/run/workspace.hpp"

#include <fmt/format.h>
#include <optional>
#include <system_error>
#include <utility>

namespace troupe::run {

namespace fs = std::filesystem;

namespace {

std::string notice_of(const run_args& args, const run_plan& plan, const earlier_results& earlier) {
  if (!args.resume)
    return {};
  auto text = fmt::format("resuming: {} of {} tasks are done", plan.kept.size(),
                          plan.kept.size() + plan.todo.size());
  if (plan.changed > 0)
    text += fmt::format("; {} read differently now and run again", plan.changed);
  if (earlier.unreadable_lines > 0)
    text +=
      fmt::format("; {} unreadable line(s) of results.jsonl do not count, the first is line {}",
                  earlier.unreadable_lines, earlier.first_unreadable);
  return text += '\n';
}

/// One step after the other; the first one that refuses ends it.
class run_builder {
public:
  run_builder(const run_args& args, common::override_options root)
    : args_(args), root_(std::move(root)) {}

  std::variant<ready_run, run_refusal> build() {
    using step = std::optional<run_refusal> (run_builder::*)();
    for (const step next :
         {&run_builder::read_tasks, &run_builder::load_settings,
          &run_builder::refuse_nested_template, &run_builder::open_results, &run_builder::plan})
      if (auto refused = (this->*next)())
        return *std::move(refused);
    return std::move(out_);
  }

private:
  using refusal = std::optional<run_refusal>;

  refusal read_tasks() {
    auto tasks = load_tasks(args_.tasks);
    if (auto* problem = std::get_if<task_file_problem>(&tasks)) {
      problem->message.pop_back(); // every line of it ends with a newline
      return run_refusal{std::move(problem->message)};
    }
    out_.tasks = std::get<std::vector<task>>(std::move(tasks));
    return std::nullopt;
  }

  refusal load_settings() {
    const std::vector<common::override_options> levels{std::move(root_), args_.overrides};
    auto overrides = common::joined_overrides(levels);
    if (const auto* error = std::get_if<config::config_error>(&overrides))
      return run_refusal{to_string(*error)};
    auto cwd = common::working_root(std::nullopt);
    if (auto* problem = std::get_if<common::settings_problem>(&cwd))
      return run_refusal{std::move(problem->message)};
    auto setup = std::make_shared<run_setup>();
    setup->out = fs::absolute(args_.out).lexically_normal();
    setup->overrides = std::get<std::vector<std::string>>(std::move(overrides));
    setup->typed.model = args_.model;
    setup->typed.profile = args_.profile;
    setup->typed.identity = args_.identity;
    setup->typed.collaboration_mode = args_.mode;
    setup->typed.sandbox_mode = args_.sandbox;
    auto loaded = common::load_settings(
      {std::get<fs::path>(std::move(cwd)), setup->overrides, setup->typed,
       args_.offline ? common::login_need::none : common::login_need::wanted});
    if (auto* problem = std::get_if<common::settings_problem>(&loaded))
      return run_refusal{std::move(problem->message)};
    setup->base = std::get<common::loaded_settings>(std::move(loaded));
    out_.setup = std::move(setup);
    return std::nullopt;
  }

  refusal refuse_nested_template() {
    const auto& out = out_.setup->out;
    for (const auto& x : out_.tasks)
      if (x.template_folder && is_within(out, *x.template_folder))
        return run_refusal{fmt::format("Error: the results folder {} lies inside the template {}, "
                                       "which would be copied into itself",
                                       out.string(), x.template_folder->string())};
    return std::nullopt;
  }

  refusal open_results() {
    auto opened = result_file::open(args_.out);
    if (const auto* error = std::get_if<std::error_code>(&opened)) {
      if (*error == std::errc::resource_unavailable_try_again)
        return run_refusal{fmt::format("Error: another run is writing to {}", args_.out.string())};
      return file_problem("write", *error);
    }
    out_.results = std::make_shared<result_file>(std::get<result_file>(std::move(opened)));
    return std::nullopt;
  }

  refusal plan() {
    const auto text = out_.results->read();
    if (const auto* error = std::get_if<std::error_code>(&text))
      return file_problem("read", *error);
    const auto& lines = std::get<std::string>(text);
    if (!lines.empty() && !args_.resume)
      return run_refusal{fmt::format("Error: {} holds results already. Add --resume to run what is "
                                     "missing, or choose another folder with --out",
                                     args_.out.string())};
    const auto earlier = read_results(lines);
    // The torn line stays, but nothing must be appended to it.
    if (earlier.torn_tail)
      if (const auto error = out_.results->append("\n"))
        return file_problem("write", error);
    out_.plan =
      plan_run(out_.tasks, earlier, args_.retry_failed ? failed_tasks::retry : failed_tasks::keep);
    out_.notice = notice_of(args_, out_.plan, earlier);
    return std::nullopt;
  }

  run_refusal file_problem(std::string_view verb, const std::error_code& error) const {
    return {fmt::format("Error: cannot {} {}: {}", verb, results_path(args_.out).string(),
                        error.message())};
  }

  const run_args& args_;
  common::override_options root_;
  ready_run out_;
};

} // namespace

std::variant<ready_run, run_refusal> prepare_run(const run_args& args,
                                                 common::override_options root) {
  return run_builder{args, std::move(root)}.build();
}

} // namespace troupe::run
