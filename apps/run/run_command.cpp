#include "apps/run/run_command.hpp"

#include "actors/node_root/node.hpp"
#include "apps/common/exit_codes.hpp"
#include "apps/common/metrics_option.hpp"
#include "apps/common/settings.hpp"
#include "apps/common/version.hpp"
#include "apps/run/run_actor.hpp"
#include "apps/run/run_preparation.hpp"
#include "apps/run/run_report.hpp"
#include "net/blocking_pool.hpp"
#include "net/io_pool.hpp"

#include <caf/send.hpp>
#include <CLI/App.hpp>
#include <csignal>
#include <cstdlib>
#include <fmt/format.h>
#include <future>
#include <memory>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>

namespace troupe::run {

namespace {

int refuse(std::string_view message) {
  common::output_channel{STDERR_FILENO}.write(fmt::format("{}\n", message));
  return common::exit_failed;
}

/// Every thread at work has connections, pipes and files open: as many as the system lets us.
void raise_open_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// The first Ctrl-C stops cleanly; a second one does not wait. Everything that was reported is on
/// the disk by then.
void stop_on_signals(net::io_pool& io, const run_actor& actor) {
  io.on_signals({SIGINT, SIGTERM}, [actor, count = std::make_shared<int>(0)](int) {
    if (++*count > 1)
      std::quick_exit(common::exit_interrupted);
    caf::anon_send(actor, interrupt_turn{});
  });
}

run_outcome run_tasks(node_root::node& node, const run_args& args, ready_run& ready) {
  const common::output_channel error_channel{STDERR_FILENO};
  const auto style = args.quiet ? progress_style::none : style_for(error_channel);
  run_dependencies deps{.threads = node.threads(),
                        .post = [&node](auto run) { node.files().post(std::move(run)); },
                        .results = ready.results,
                        .progress = {error_channel, style, std::chrono::steady_clock::now()},
                        .on_written = [](std::string_view) {}};
  if (args.json)
    deps.on_written = [out = common::output_channel{STDOUT_FILENO}](
                        std::string_view lines) mutable { out.write(lines); };
  std::promise<run_outcome> promise;
  auto outcome = promise.get_future();
  const auto actor =
    spawn_run(node.system(),
              {.tasks = std::move(ready.tasks),
               .plan = std::move(ready.plan),
               .limits = {.concurrency = args.concurrency, .task_timeout = args.task_timeout},
               .setup = ready.setup},
              std::move(deps), std::move(promise));
  stop_on_signals(node.io(), actor);
  return outcome.get();
}

node_root::node_options options_of(const run_setup& setup) {
  node_root::node_options out;
  out.settings = setup.base.settings;
  if (setup.offline != nullptr)
    setup.offline->use_in(out.settings);
  else
    out.login = setup.base.login; // nothing is renewed for a model that asks for no login
  out.environment = setup.base.environment;
  out.otel = setup.base.otel;
  out.client_version = common::program_version();
  return out;
}

void show_results(const run_args& args, const run_summary& summary) {
  if (args.quiet)
    return;
  common::output_channel{args.json ? STDERR_FILENO : STDOUT_FILENO}.write(
    fmt::format("{}\nresults: {}\n", summary_table(summary), results_path(args.out).string()));
}

int exit_code_of(const run_outcome& outcome, const run_summary& summary) {
  if (!outcome.write_error.empty())
    return common::exit_failed;
  if (outcome.stopped)
    return common::exit_interrupted;
  return summary.all.failed > 0 ? common::exit_failed : common::exit_ok;
}

int report(const run_args& args, run_facts facts, const run_outcome& outcome) {
  facts.ended = std::chrono::system_clock::now();
  facts.stopped = outcome.stopped;
  const auto summary = summarise(outcome.results);
  if (!outcome.write_error.empty())
    refuse(fmt::format("Error: cannot write {}: {}", results_path(args.out).string(),
                       outcome.write_error));
  if (const auto error = replace_file(summary_path(args.out), print_summary(args, facts, summary)))
    refuse(
      fmt::format("Error: cannot write {}: {}", summary_path(args.out).string(), error.message()));
  show_results(args, summary);
  return exit_code_of(outcome, summary);
}

int run(const run_args& args, common::override_options root) {
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
    if (const auto* problem = std::get_if<std::string>(&started))
      return refuse(fmt::format("Error: {}", *problem));
    offline = std::get<std::unique_ptr<common::offline_model>>(std::move(started));
    ready.setup->offline = offline.get();
  }
  raise_open_file_limit();
  node_root::register_types();
  auto options = options_of(*ready.setup);
  options.metrics_port = args.metrics_port;
  options.jitter_seed = args.seed;
  if (const auto problem = common::use_exchanges(args.exchanges, options))
    return refuse(fmt::format("Error: {}", *problem));
  node_root::node node{std::move(options)};
  if (const auto problem = common::announce_metrics(node))
    return refuse(fmt::format("Error: {}", *problem));
  facts.overrides = ready.setup->overrides;
  facts.model_provider = node.options().settings.model_provider_id;
  const auto outcome = run_tasks(node, args, ready);
  node.stop();
  return report(args, std::move(facts), outcome);
}

} // namespace

void add_command(CLI::App& app, std::function<int()>& selected) {
  const auto parser = std::make_shared<run_parser>(app);
  parser->app().callback([parser, &app, &selected] {
    selected = [args = parser->finish(), root = common::given_overrides(app)] {
      return run(args, root);
    };
  });
}

} // namespace troupe::run
