#include "apps/node/node_command.hpp"

#include "actors/event_relay/event_relay_actor.hpp"
#include "actors/node_root/node.hpp"
#include "actors/node_root/thread_settings.hpp"
#include "apps/common/exit_codes.hpp"
#include "apps/common/metrics_option.hpp"
#include "apps/common/offline_model.hpp"
#include "apps/common/override_options.hpp"
#include "apps/common/process_limits.hpp"
#include "apps/common/settings.hpp"
#include "apps/common/version.hpp"
#include "apps/node/node_console_actor.hpp"
#include "apps/node/order_input.hpp"
#include "net/io_pool.hpp"

#include <atomic>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <CLI/App.hpp>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <unistd.h>
#include <utility>
#include <vector>

namespace troupe::node_app {

namespace {

struct node_args {
  std::string name;
  std::string listen = "127.0.0.1:0";
  std::vector<std::string> join;
  std::optional<std::string> offline;
  std::uint64_t seed = 1;
  std::optional<std::uint16_t> metrics_port;
  config::tls_files tls;
  common::override_options overrides;
};

int refuse(std::string_view message) {
  common::output_channel{STDERR_FILENO}.write(fmt::format("Error: {}\n", message));
  return common::exit_failed;
}

/// Everything that is checked before anything starts.
struct plan {
  endpoint listen;
  std::vector<endpoint> peers;
  common::loaded_settings settings;
  config::networking networking = config::networking::plain;
};

std::variant<plan, std::string> make_plan(const node_args& args,
                                          const common::override_options& root) {
  plan result;
  auto listen = parse_endpoint(args.listen);
  if (const auto* problem = std::get_if<std::string>(&listen))
    return "--listen: " + *problem;
  result.listen = std::get<endpoint>(listen);
  for (const auto& text : args.join) {
    auto peer = parse_endpoint(text);
    if (const auto* problem = std::get_if<std::string>(&peer))
      return "--join: " + *problem;
    result.peers.push_back(std::get<endpoint>(std::move(peer)));
  }
  if (!args.tls.certificate.empty()) {
    result.networking = config::networking::tls;
    if (auto problem = config::problem_of(args.tls))
      return *problem;
  } else if (!is_loopback(result.listen.host)) {
    return fmt::format("{} can be reached from other machines: give --tls-cert, --tls-key and "
                       "--tls-ca, or listen on 127.0.0.1",
                       result.listen.host);
  }
  const common::override_options levels[] = {root, args.overrides};
  auto overrides = common::joined_overrides(levels);
  if (const auto* problem = std::get_if<config::config_error>(&overrides))
    return problem->message;
  auto cwd = common::working_root(std::nullopt);
  if (const auto* problem = std::get_if<common::settings_problem>(&cwd))
    return problem->message;
  auto settings = common::load_settings(
    {std::get<std::filesystem::path>(cwd), std::get<std::vector<std::string>>(overrides), {}});
  if (const auto* problem = std::get_if<common::settings_problem>(&settings))
    return problem->message;
  result.settings = std::get<common::loaded_settings>(std::move(settings));
  return result;
}

node_root::node_options options_of(const node_args& args, const plan& x) {
  node_root::node_options options;
  options.settings = x.settings.settings;
  options.environment = x.settings.environment;
  options.login = x.settings.login;
  options.client_version = common::program_version();
  options.name = args.name.empty() ? fmt::format("node-{}", ::getpid()) : args.name;
  options.networking = x.networking;
  options.tls = args.tls;
  options.metrics_port = args.metrics_port;
  options.otel = x.settings.otel;
  return options;
}

/// Serves the node until Ctrl-C.
int serve(node_root::node& node, const plan& x) {
  const order_input orders{node.io()};
  const auto transport = x.networking == config::networking::tls ? event_relay::transport::tls
                                                                 : event_relay::transport::plain;
  const node_name name{node.options().name};
  auto relay =
    event_relay::spawn(node.system(), {.manager = node.threads(),
                                       .node = name,
                                       .dialler = event_relay::dialler(node.system(), transport),
                                       .probe = event_relay::probe_with(node.io())});
  const auto lost = std::make_shared<std::atomic<bool>>(false); // output that nobody will see
  auto console = spawn_console(
    node.system(),
    {.relay = relay,
     .node = name,
     .config = node_root::make_thread_config(node.options().settings, {.kind = source_kind::cli},
                                             node.options().originator, {}),
     .out = common::output_channel{STDOUT_FILENO},
     .on_lost = [lost](const std::error_code& error) {
       *lost = true;
       refuse(
         fmt::format("cannot write the output: {}; the node goes on without it", error.message()));
     }});
  int exit_code = common::exit_ok;
  const auto port =
    event_relay::publish(node.system(), relay, transport, x.listen.host, x.listen.port);
  if (port) {
    exit_code = common::print(node_started_line(name, *port));
    {
      caf::scoped_actor self{node.system()};
      for (const auto& peer : x.peers)
        self->request(relay, caf::infinite, add_peer{peer.host, peer.port})
          .receive([] {}, [&](const caf::error& err) { exit_code = refuse(to_string(err)); });
    }
    if (exit_code == common::exit_ok)
      orders.read([&console](std::string line) { give_order(console, std::move(line)); });
  } else {
    exit_code = refuse(fmt::format("cannot listen on {}:{}: {}", x.listen.host, x.listen.port,
                                   to_string(port.error())));
  }
  caf::anon_send_exit(console, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(relay, caf::exit_reason::user_shutdown);
  return *lost ? common::exit_failed : exit_code;
}

int run(const node_args& args, const common::override_options& root, const net::guardian* keeper) {
  if (const auto problem = common::refuse_few_descriptors(common::node_descriptors))
    return refuse(*problem);
  auto made = make_plan(args, root);
  if (const auto* problem = std::get_if<std::string>(&made))
    return refuse(*problem);
  auto& x = std::get<plan>(made);
  common::show_warnings(x.settings.settings);
  std::unique_ptr<common::offline_model> offline;
  if (args.offline) {
    auto started = common::offline_model::start(*args.offline, args.seed);
    if (const auto* problem = std::get_if<std::string>(&started))
      return refuse(*problem);
    offline = std::get<std::unique_ptr<common::offline_model>>(std::move(started));
    offline->use_in(x.settings.settings);
  }
  node_root::register_types();
  auto options = options_of(args, x);
  options.keeper = keeper;
  node_root::node node{std::move(options)};
  if (const auto problem = common::announce_metrics(node))
    return refuse(*problem);
  const auto exit_code = serve(node, x);
  node.stop();
  return exit_code;
}

constexpr const char* description =
  R"(Run a node that others can join. Several nodes follow each other's threads; each prints what happens anywhere as JSON lines, and takes orders as JSON lines on stdin: {"op":"start","node":"NAME","prompt":"..."} starts a thread on a node and prints its events, {"op":"submit","thread_id":"...","prompt":"..."} goes on with it, {"op":"list"} prints the live threads. Ctrl-C, SIGTERM and SIGHUP end the node.)";

} // namespace

void add_command(CLI::App& app, std::function<int()>& selected, const net::guardian* keeper) {
  auto args = std::make_shared<node_args>();
  auto* command = app.add_subcommand("node", description);
  command->add_option("--name", args->name, "Name of this node, unique in the cluster");
  command->add_option(
    "--listen", args->listen,
    "HOST:PORT where peers reach this node; port 0: any free one, printed at the start");
  command->add_option("--join", args->join, "HOST:PORT of a peer to follow; may be repeated");
  command->add_option("--tls-cert", args->tls.certificate, "PEM file with this node's certificate");
  command->add_option("--tls-key", args->tls.key, "PEM file with its key");
  command->add_option(
    "--tls-ca", args->tls.authority,
    "PEM file with the cluster's CA: whoever holds a certificate of it is a member");
  command
    ->add_option(
      "--offline", args->offline,
      "Use a simulated model in this process instead of a provider: a scenario's name or file")
    ->expected(0, 1)
    ->default_str("default");
  command->add_option("--seed", args->seed, "Seed of the simulated model");
  common::add_metrics_option(*command, "Options", args->metrics_port);
  common::add_override_options(*command, args->overrides);
  command->callback([args, command, keeper, &app, &selected] {
    if (command->count("--offline") > 0 && !args->offline)
      args->offline = "";
    selected = [args, root = common::given_overrides(app), keeper] {
      return run(*args, root, keeper);
    };
  });
}

} // namespace troupe::node_app
