#include "apps/run/run_command.hpp"

#include "actors/node_root/node.hpp"
#include "apps/common/exit_codes.hpp"
#include "apps/common/metrics_option.hpp"
#include "apps/common/process_limits.hpp"
#include "apps/common/settings.hpp"
#include "apps/common/stop_signals.hpp"
#include "apps/common/version.hpp"
#include "apps/run/concurrency.hpp"
#include "apps/run/failure_causes.hpp"
#include "apps/run/run_actor.hpp"
#include "apps/run/run_preparation.hpp"
#include "apps/run/run_report.hpp"
#include "apps/run/sandbox_news.hpp"
#include "net/blocking_pool.hpp"
#include "net/io_pool.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <CLI/App.hpp>
#include <csignal>
#include <fmt/format.h>
#include <future>
#include <memory>
#include <unistd.h>
#include <utility>

namespace troupe::run {

namespace {

/// More are not read, and each of many copies of a project has its own.
constexpr std::size_t max_told_warnings = 20;

int refuse(std::string_view message, int exit_code = common::exit_failed) {
  common::output_channel{STDERR_FILENO}.write(fmt::format("{}\n", message));
  return exit_code;
}

/// As many tasks at once as were asked for, or as the limit of open files allows.
std::size_t concurrency_of(const run_args& args, const ready_run& ready) {
  const auto open_files = common::descriptor_limit();
  const auto sandbox = expected_sandbox(ready.setup->base.settings.sandbox_policy, ready.tasks);
  const auto affordable =
    affordable_tasks(open_files, args.offline ? model_place::in_process : model_place::elsewhere,
                     sandbox ? sandbox_use::possible : sandbox_use::none);
  const auto wanted = std::min<std::size_t>(args.concurrency, ready.plan.todo.size());
  if (wanted > affordable && !args.quiet)
    common::output_channel{STDERR_FILENO}.write(fewer_tasks_text(affordable, wanted, open_files));
  return std::min<std::size_t>(args.concurrency, affordable);
}

struct ended_run {
  run_outcome outcome;
  int signal = 0; ///< what stopped it; 0: nothing did
};

ended_run run_tasks(node_root::node& node, const run_args& args, ready_run& ready,
                    sandbox_news& sandbox) {
  const common::output_channel error_channel{STDERR_FILENO};
  const auto style = args.quiet ? progress_style::none : style_for(error_channel);
  run_dependencies deps{
    .threads = node.threads(),
    .post = [&node](auto run) { node.files().post(std::move(run)); },
    .post_preparation = [&node](auto run) { node.tools().post(std::move(run)); },
    .results = ready.results,
    .progress = {error_channel, style, std::chrono::steady_clock::now()},
    .max_warnings = args.quiet ? 0 : max_told_warnings,
    .on_written = [](std::string_view) { return std::error_code{}; },
    .is_interactive_stop = {}};
  if (args.json)
    deps.on_written = [out =
                         common::output_channel{STDOUT_FILENO}](std::string_view lines) mutable {
      out.write(lines);
      return out.error();
    };
  const auto concurrency = concurrency_of(args, ready);
  std::promise<run_outcome> promise;
  auto outcome = promise.get_future();
  // Everything that was reported is on the disk when a second signal does not wait.
  const common::stop_signals signals{common::exit_code_of_signal};
  deps.is_interactive_stop = [] { return common::stop_signals::first() == SIGINT; };
  const auto actor =
    spawn_run(node.system(),
              {.tasks = std::move(ready.tasks),
               .plan = std::move(ready.plan),
               .limits = {.concurrency = concurrency, .task_timeout = args.task_timeout},
               .setup = ready.setup},
              std::move(deps), std::move(promise));
  sandbox.tell(actor);
  signals.stop_with([actor] { caf::anon_send(actor, interrupt_turn{}); });
  auto ended = outcome.get();
  return {std::move(ended), signals.first()};
}

node_root::node_options options_of(const run_setup& setup) {
  node_root::node_options out;
  out.settings = setup.base.settings;
  auto& tmp = out.settings.sandbox.tmp;
  tmp = tmp.value_or(config::tmp_folder::own);
  out.results = setup.out;
  if (setup.offline != nullptr)
    setup.offline->use_in(out.settings);
  else
    out.login = setup.base.login; // nothing is renewed for a model that asks for no login
  out.environment = setup.base.environment;
  out.otel = setup.base.otel;
  out.client_version = common::program_version();
  return out;
}

/// The exit code: output that was asked for must not be lost unseen.
int show_results(const run_args& args, const run_summary& summary) {
  if (args.quiet)
    return common::exit_ok;
  const auto text =
    fmt::format("{}\nresults: {}\n", summary_table(summary), results_path(args.out).string());
  if (!args.json)
    return common::print(text);
  common::output_channel{STDERR_FILENO}.write(text);
  return common::exit_ok;
}

int exit_code_of(const ended_run& x, const run_summary& summary) {
  if (!x.outcome.write_error.empty() || x.outcome.output_error)
    return common::exit_failed;
  if (x.outcome.stopped)
    return common::exit_code_of_signal(x.signal);
  const bool is_good = summary.all.failed == 0 && summary.all.refused == 0;
  return is_good ? common::exit_ok : common::exit_failed;
}

int report(const run_args& args, run_facts facts, const ended_run& x) {
  const auto& outcome = x.outcome;
  facts.ended = std::chrono::system_clock::now();
  facts.stopped = outcome.stopped;
  const auto summary = summarise(outcome.results);
  if (!outcome.write_error.empty())
    refuse(fmt::format("Error: cannot write {}: {}", results_path(args.out).string(),
                       outcome.write_error));
  if (outcome.output_error)
    refuse(fmt::format("Error: cannot write the output: {}; what is finished is in {}",
                       common::loss_text(outcome.output_error), results_path(args.out).string()));
  int lost = common::exit_ok;
  if (const auto error = replace_file(summary_path(args.out), print_summary(args, facts, summary)))
    lost = refuse(
      fmt::format("Error: cannot write {}: {}", summary_path(args.out).string(), error.message()));
  lost = std::max(lost, show_results(args, summary));
  common::output_channel{STDERR_FILENO}.write(failure_causes(outcome.results));
  if (summary.all.refused > 0)
    refuse(
      fmt::format("Error: {} tool call(s) were refused because no command can be started here, or "
                  "no sandbox be set up on this machine or in the task's folder; --resume repeats "
                  "their tasks",
                  summary.all.refused));
  const int exit_code = exit_code_of(x, summary);
  return exit_code == common::exit_ok ? lost : exit_code;
}

int run(const run_args& args, common::override_options root, const net::guardian* keeper) {
  if (const auto problem = common::refuse_few_descriptors(common::node_descriptors))
    return refuse(fmt::format("Error: {}", *problem));
  run_facts facts{.started = std::chrono::system_clock::now()};
  auto prepared = prepare_run(args, std::move(root));
  if (const auto* refusal = std::get_if<run_refusal>(&prepared))
    return refuse(refusal->message);
  auto& ready = std::get<ready_run>(prepared);
  if (!args.quiet) {
    common::output_channel{STDERR_FILENO}.write(ready.notice);
    common::show_warnings(ready.setup->base.settings);
  }
  std::unique_ptr<common::offline_model> offline;
  if (args.offline) {
    auto started = common::offline_model::start(*args.offline, args.seed);
    if (const auto* problem = std::get_if<common::offline_model::problem>(&started))
      return refuse(fmt::format("Error: {}", problem->message), problem->exit_code);
    offline = std::get<std::unique_ptr<common::offline_model>>(std::move(started));
    ready.setup->offline = offline.get();
  }
  node_root::register_types();
  auto options = options_of(*ready.setup);
  options.metrics_port = args.metrics_port;
  options.jitter_seed = args.seed;
  if (const auto problem = common::use_exchanges(args.exchanges, options))
    return refuse(fmt::format("Error: {}", *problem));
  options.keeper = keeper;
  sandbox_news sandbox;
  sandbox.ask_for(options, expected_sandbox(options.settings.sandbox_policy, ready.tasks));
  node_root::node node{std::move(options)};
  if (const auto problem = common::announce_metrics(node))
    return refuse(fmt::format("Error: {}", *problem));
  facts.overrides = ready.setup->overrides;
  facts.model_provider = node.options().settings.model_provider_id;
  if (const auto problem = sandbox.problem(); problem && common::stop_signals::first() == 0)
    refuse(fmt::format("Warning: no command of an agent can run here: {}", *problem));
  const auto ended = run_tasks(node, args, ready, sandbox);
  const int exit_code = report(args, std::move(facts), ended);
  common::keep_result(exit_code);
  node.stop();
  return exit_code;
}

} // namespace

void add_command(CLI::App& app, std::function<int()>& selected, const net::guardian* keeper) {
  const auto parser = std::make_shared<run_parser>(app);
  parser->app().callback([parser, keeper, &app, &selected] {
    selected = [args = parser->finish(), root = common::given_overrides(app), keeper] {
      return run(args, root, keeper);
    };
  });
}

} // namespace troupe::run
