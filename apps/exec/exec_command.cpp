#include "apps/exec/exec_command.hpp"

#include "actors/node_root/node.hpp"
#include "actors/node_root/thread_settings.hpp"
#include "actors/tool_runner/bubblewrap_place.hpp"
#include "actors/tool_runner/sandbox_signs.hpp"
#include "apps/common/exit_codes.hpp"
#include "apps/common/local_server.hpp"
#include "apps/common/metrics_option.hpp"
#include "apps/common/offline_model.hpp"
#include "apps/common/printable_text.hpp"
#include "apps/common/process_limits.hpp"
#include "apps/common/standard_streams.hpp"
#include "apps/common/stop_signals.hpp"
#include "apps/common/version.hpp"
#include "apps/exec/exec_args.hpp"
#include "apps/exec/exec_driver_actor.hpp"
#include "apps/exec/exec_request.hpp"
#include "apps/exec/last_message.hpp"
#include "apps/exec/session_names.hpp"
#include "config/home.hpp"
#include "config/log_notices.hpp"
#include "config/project_docs.hpp"
#include "config/text_file.hpp"

#include <caf/send.hpp>
#include <chrono>
#include <CLI/App.hpp>
#include <csignal>
#include <fmt/format.h>
#include <future>
#include <memory>
#include <optional>
#include <unistd.h>
#include <utility>

namespace troupe::exec {

namespace {

constexpr std::size_t max_index_bytes = 64 * 1024 * 1024;

/// How long a refused start waits for a prompt that nobody wants any more.
constexpr std::chrono::seconds unread_prompt_limit{2};

int refuse(std::string_view message, int exit_code = common::exit_failed) {
  common::output_channel{STDERR_FILENO}.write(fmt::format("{}\n", message));
  return exit_code;
}

printer make_printer(const exec_args& args, const config::config& settings) {
  const printer::channels to{common::output_channel{STDOUT_FILENO},
                             common::output_channel{STDERR_FILENO}};
  if (args.json)
    return {to, jsonl_events{}};
  const auto style =
    common::uses_color(args.color, to.standard_error) ? text_style::colored : text_style::plain;
  auto reasoning = reasoning_display::summary;
  if (settings.hide_agent_reasoning)
    reasoning = reasoning_display::hidden;
  else if (settings.show_raw_agent_reasoning)
    reasoning = reasoning_display::raw;
  return {to, human_output{style, reasoning}};
}

thread_config make_config(const exec_args& args, const config::config& settings) {
  auto documents = config::user_instructions(settings, settings.cwd);
  for (const auto& text : documents.warnings)
    log::warn_user(text);
  auto out = node_root::make_thread_config(settings, session_source{.kind = source_kind::exec},
                                           settings.originator, std::move(documents.text));
  out.ephemeral = args.ephemeral;
  node_root::note_roots(out);
  return out;
}

/// A name that no thread carries starts a new thread, as in the released binary.
thread_choice named_thread(const config::config& settings, const std::string& name,
                           thread_config config) {
  const auto index = config::read_file(config::session_index_file(settings.home), max_index_bytes);
  const auto* text = std::get_if<std::string>(&index);
  const auto found = text == nullptr ? std::nullopt : find_thread_name(*text, name);
  if (!found) {
    refuse(fmt::format("Warning: no thread has the id or the name \"{}\"; a new one is started",
                       common::one_line(name)));
    return start_thread{std::move(config)};
  }
  return resume_thread{found, {}, std::move(config)};
}

void warn_of_no_last_thread(const resume_target& target, const config::config& settings) {
  const auto place =
    target.all ? std::string{} : fmt::format(" in {}", common::one_line(settings.cwd.string()));
  refuse(fmt::format("Warning: no thread of the provider \"{}\" is recorded{}; a new one is "
                     "started{}",
                     common::one_line(settings.model_provider_id), place,
                     target.all ? "" : " (--all looks at every folder)"));
}

thread_choice choose_thread(const exec_args& args, const config::config& settings,
                            thread_config config) {
  if (!args.resume)
    return start_thread{std::move(config)};
  const auto& target = *args.resume;
  if (target.last)
    return resume_last{target.all ? "" : settings.cwd.string()};
  if (!target.session) {
    refuse("Warning: `exec resume` names no thread (SESSION_ID or --last); a new one is started");
    return start_thread{std::move(config)};
  }
  if (const auto id = parse_thread_id(*target.session))
    return resume_thread{id, {}, std::move(config)};
  return named_thread(settings, *target.session, std::move(config));
}

struct ended_turn {
  exec_result result;
  int signal = 0; ///< what stopped it; 0: nothing did
};

ended_turn run_turn(node_root::node& node, const exec_args& args, exec_request request) {
  auto& settings = request.settings.settings;
  const auto config = make_config(args, settings);
  exec_job job{.thread = choose_thread(args, settings, config),
               .config = config,
               .input = std::move(request.input),
               .prompt = std::move(request.prompt),
               .warnings = settings.warnings};
  std::promise<exec_result> promise;
  auto result = promise.get_future();
  const common::stop_signals signals{exit_code_after}; // before anything is told
  const auto driver =
    spawn_driver(node.system(), std::move(job),
                 {node.threads(), node.services().recorder, make_printer(args, settings),
                  [target = args.resume, settings] { warn_of_no_last_thread(*target, settings); }},
                 std::move(promise));
  signals.stop_with([driver] { caf::anon_send(driver, interrupt_turn{}); });
  auto ended = result.get();
  return {std::move(ended), signals.first()};
}

int report(const ended_turn& x, const std::optional<last_message_place>& last_message) {
  const auto& result = x.result;
  if (result.start_error)
    return refuse(fmt::format("Error: {}", *result.start_error));
  const auto status = result.outcome.status();
  int exit_code = status == common::turn_status::completed ? common::exit_ok : common::exit_failed;
  if (status == common::turn_status::interrupted && x.signal != 0)
    exit_code = exit_code_after(x.signal);
  if (last_message && status != common::turn_status::interrupted) {
    const auto written = last_message->write(result.outcome);
    common::output_channel{STDERR_FILENO}.write(written.note);
    if (written.is_lost)
      exit_code = common::exit_failed;
  }
  if (result.output_error)
    return refuse(
      fmt::format("Error: cannot write the output: {}{}", common::loss_text(result.output_error),
                  status == common::turn_status::interrupted ? "; the turn was stopped" : ""));
  return exit_code;
}

int run(const exec_args& args, common::override_options root, const net::guardian* keeper) {
  if (args.refusal)
    return refuse(fmt::format("Error: {}", *args.refusal));
  if (const auto problem = common::refuse_few_descriptors(common::node_descriptors))
    return refuse(fmt::format("Error: {}", *problem));
  auto prepared = prepare_request(args, std::move(root));
  if (const auto* refusal = std::get_if<request_refusal>(&prepared)) {
    const auto exit_code = refuse(refusal->message);
    if (!args.prompt && ::isatty(STDIN_FILENO) == 0)
      common::discard_input(STDIN_FILENO, unread_prompt_limit);
    return exit_code;
  }
  auto& request = std::get<exec_request>(prepared);
  std::unique_ptr<common::offline_model> offline;
  if (args.offline) {
    auto started = common::offline_model::start(*args.offline, args.seed);
    if (const auto* problem = std::get_if<common::offline_model::problem>(&started))
      return refuse(fmt::format("Error: {}", problem->message), problem->exit_code);
    offline = std::get<std::unique_ptr<common::offline_model>>(std::move(started));
    offline->use_in(request.settings.settings);
  } else if (args.local_provider) {
    if (const auto problem =
          common::refuse_local_server(request.settings.settings, request.settings.environment))
      return refuse(fmt::format("Error: {}", *problem));
  }
  node_root::register_types();
  node_root::node_options options;
  options.settings = request.settings.settings;
  options.jitter_seed = args.seed;
  options.environment = request.settings.environment;
  if (!offline) // nothing is renewed for a model that asks for no login
    options.login = request.settings.login;
  options.client_version = common::program_version();
  options.metrics_port = args.metrics_port;
  options.otel = request.settings.otel;
  // Where it is doubtful it is tried beside the turn, which need not use a tool: the first request
  // does not wait for it.
  const auto chosen = options.environment(tool_runner::bubblewrap_variable).value_or("");
  if (!tool_runner::promise_sandbox(tool_runner::signs_of_this_machine(chosen))) {
    options.expected_sandbox = options.settings.sandbox_policy;
    options.expected_sandbox->writable_roots.push_back(options.settings.cwd.string());
  }
  options.on_sandbox_probed = [](const std::string& problem) {
    if (!problem.empty() && common::stop_signals::first() == 0)
      refuse(fmt::format("Warning: no command of the agent can run here: {}", problem));
  };
  if (const auto problem = common::use_exchanges(args.exchanges, options))
    return refuse(fmt::format("Error: {}", *problem));
  options.keeper = keeper;
  node_root::node node{std::move(options)};
  if (const auto problem = common::announce_metrics(node))
    return refuse(fmt::format("Error: {}", *problem));
  std::optional<last_message_place> last_message;
  if (args.last_message_file)
    last_message.emplace(*args.last_message_file);
  const auto ended = run_turn(node, args, std::move(request));
  const auto exit_code = report(ended, last_message);
  common::keep_result(exit_code);
  node.stop();
  return exit_code;
}

} // namespace

int exit_code_after(int signal) {
  return signal == SIGINT ? common::exit_failed : common::exit_code_of_signal(signal);
}

void add_command(CLI::App& app, std::function<int()>& selected, const net::guardian* keeper) {
  const auto parser = std::make_shared<exec_parser>(app);
  parser->app().callback([parser, keeper, &app, &selected] {
    selected = [args = parser->finish(), root = common::given_overrides(app), keeper] {
      return run(args, root, keeper);
    };
  });
}

} // namespace troupe::exec
