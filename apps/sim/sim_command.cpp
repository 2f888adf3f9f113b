#include "apps/sim/sim_command.hpp"

#include "apps/common/exit_codes.hpp"
#include "apps/common/output_channel.hpp"
#include "apps/common/process_limits.hpp"
#include "apps/common/stop_signals.hpp"
#include "apps/sim/builtin.hpp"
#include "apps/sim/simulator.hpp"
#include "config/text_file.hpp"
#include "net/io_pool.hpp"

#include <CLI/App.hpp>
#include <fmt/format.h>

#include <future>
#include <memory>
#include <unistd.h>

namespace troupe::sim {

namespace {

constexpr auto description =
  "Simulate a model provider on this machine. Serves the Responses API (server-sent events) from a "
  "scenario: a TOML file whose rules decide what the \"model\" says, which tools it calls, how "
  "fast "
  "it is and what goes wrong. No key, no network, no cost; the same seed gives the same run.";

constexpr auto footer = R"(Examples:
  troupe sim                               play the built-in scenario "default"
  troupe sim my.toml --port 4000           play a file of yours
  troupe sim my.toml --check               only look for mistakes in it
  troupe sim --builtin chaos --seed 7      see what your agents do when the provider misbehaves

The first line on stdout says where it listens. Point a provider there:
  [model_providers.sim]
  name = "sim"
  base_url = "http://127.0.0.1:4000/v1"

GET /sim/stats tells what has happened so far; Ctrl-C ends it. docs/scenarios.md explains scenarios.)";

struct sim_options {
  std::string file;
  std::string builtin;
  std::uint16_t port = 0;
  std::string port_file;
  std::optional<std::uint64_t> seed;
  std::string log_file;
  std::string stats_file;
  std::string tls_certificate;
  std::string tls_key;
  std::size_t threads = 1;
  bool list = false;
  bool check = false;
};

int fail(std::string_view text, int exit_code = common::exit_failed) {
  common::output_channel{STDERR_FILENO}.write(fmt::format("Error: {}\n", text));
  return exit_code;
}

int list_scenarios() {
  std::string text;
  for (const auto& x : builtin_scenarios())
    if (const auto loaded = load_builtin(x.name))
      text += fmt::format("{:<10}{}\n", x.name, loaded->description);
  return common::print(text);
}

simulator_options options_of(const sim_options& x) {
  simulator_options result{x.port, x.seed, x.log_file};
  if (!x.tls_certificate.empty())
    result.tls = net::tls_server_options{x.tls_certificate, x.tls_key};
  return result;
}

/// Writes a file that was asked for. The error is a sentence.
std::optional<std::string> write_file(const std::string& file, const std::string& text) {
  if (file.empty())
    return std::nullopt;
  if (const auto error = config::write_private_file(file, text))
    return fmt::format("{}: {}", file, error.message());
  return std::nullopt;
}

int serve(scenario what, const sim_options& options) {
  if (const auto problem = common::refuse_few_descriptors(common::simulator_descriptors))
    return fail(*problem);
  const auto name = what.name;
  const auto seed = options.seed.value_or(what.seed);
  net::io_pool pool{options.threads};
  const auto stop = std::make_shared<std::promise<void>>();
  const common::stop_signals signals{common::exit_code_of_signal};
  signals.stop_with([stop] { stop->set_value(); });
  simulator sim{pool, std::move(what), options_of(options)};
  if (const auto problem = sim.start())
    return fail(*problem);
  if (const auto problem = write_file(options.port_file, fmt::format("{}\n", sim.port())))
    return fail(*problem);
  if (const int lost = common::print(fmt::format("listening on {}\n", sim.base_url()));
      lost != common::exit_ok)
    return lost;
  stop->get_future().wait();
  const auto stats = sim.stats();
  sim.stop();
  pool.stop();
  if (const auto problem = write_file(options.stats_file, to_json(stats, name, seed) + "\n"))
    return fail(*problem);
  common::output_channel{STDERR_FILENO}.write(
    fmt::format("{}: {} requests, {} answered by a rule\n", name, stats.requests, stats.responses));
  if (const auto problem = sim.log_problem())
    return fail(*problem);
  return common::exit_ok;
}

int run(const sim_options& options) {
  if (options.list)
    return list_scenarios();
  auto opened = open_scenario(options.builtin.empty() ? options.file : options.builtin);
  if (const auto* problem = std::get_if<std::string>(&opened))
    return fail(*problem, options.check ? common::exit_failed : common::exit_usage);
  auto& what = std::get<scenario>(opened);
  if (!options.check)
    return serve(std::move(what), options);
  return common::print(fmt::format("{}: {} rules, {} faults, no mistakes\n", what.name,
                                   what.rules.size(), what.faults.size()));
}

void add_options(CLI::App& app, sim_options& x) {
  auto* file =
    app
      .add_option("SCENARIO", x.file, "Scenario to play: a TOML file or the name of a built-in one")
      ->type_name("FILE");
  app.add_option("--builtin", x.builtin, "Built-in scenario to play; --list shows them")
    ->type_name("NAME")
    ->excludes(file);
  app.add_option("--port", x.port, "Port to listen on; 0, the default, takes a free one")
    ->type_name("PORT")
    ->check(CLI::Range(0, 65535).description(""));
  app
    .add_option("--port-file", x.port_file,
                "Write the port to this file once the simulator listens, for scripts")
    ->type_name("FILE");
  app.add_option("--seed", x.seed, "Seed of all choices instead of the scenario's")
    ->type_name("NUMBER");
  app
    .add_option("--log", x.log_file,
                "Append every request to this file, one JSON object per line; without credentials")
    ->type_name("FILE");
  app
    .add_option("--stats-json", x.stats_file,
                "Write the statistics (as GET /sim/stats tells them) to this file at the end")
    ->type_name("FILE");
  auto* certificate =
    app
      .add_option("--tls-cert", x.tls_certificate,
                  "Serve https with this certificate: a PEM file, the server's own first")
      ->type_name("FILE");
  auto* key = app.add_option("--tls-key", x.tls_key, "The certificate's private key: a PEM file")
                ->type_name("FILE")
                ->needs(certificate);
  certificate->needs(key);
  app.add_option("--threads", x.threads, "I/O threads; one serves some thousand streams")
    ->type_name("NUMBER")
    ->check(CLI::Range(1, 64).description(""));
  app.add_flag("--list", x.list, "List the built-in scenarios");
  app.add_flag("--check", x.check, "Check the scenario and end");
}

} // namespace

void add_command(CLI::App& app, std::function<int()>& selected) {
  const auto options = std::make_shared<sim_options>();
  auto* command = app.add_subcommand("sim", description);
  add_options(*command, *options);
  command->footer(footer);
  command->callback([options, &selected] { selected = [options] { return run(*options); }; });
}

} // namespace troupe::sim
