#include "apps/node/node_command.hpp"

#include "actors/common/actor_error.hpp"
#include "actors/event_relay/event_relay_actor.hpp"
#include "actors/event_relay/link_fence_actor.hpp"
#include "actors/event_relay/link_middleman_actor.hpp"
#include "actors/node_root/node.hpp"
#include "actors/node_root/thread_settings.hpp"
#include "actors/thread_door/thread_door_actor.hpp"
#include "actors/tool_runner/exec_policy.hpp"
#include "apps/common/exit_codes.hpp"
#include "apps/common/metrics_option.hpp"
#include "apps/common/offline_model.hpp"
#include "apps/common/override_options.hpp"
#include "apps/common/process_limits.hpp"
#include "apps/common/settings.hpp"
#include "apps/common/stop_signals.hpp"
#include "apps/common/version.hpp"
#include "apps/node/node_args.hpp"
#include "apps/node/node_console_actor.hpp"
#include "apps/node/order_input.hpp"
#include "config/log_notices.hpp"
#include "config/node_ceiling.hpp"
#include "config/node_folder.hpp"
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

int tell_failure(std::string_view line, int exit_code = common::exit_failed) {
  common::output_channel{STDERR_FILENO}.write(fmt::format("{}\n", line));
  return exit_code;
}

int refuse(std::string_view message) {
  return tell_failure(fmt::format("Error: {}", message));
}

config::tls_files files_of(const node_args& args) {
  return args.credentials.empty() ? args.tls : config::files_in(args.credentials);
}

/// Everything that is checked before anything starts.
struct plan {
  std::optional<endpoint> listen;
  std::vector<add_peer> peers;
  std::optional<config::tls_material> identity; ///< none: the node is alone
  std::string name;
  common::loaded_settings settings;
};

constexpr std::string_view remedy =
  "Nodes link up with certificates only, on one machine, too. To make them:\n"
  "  troupe cluster ca init DIR          once\n"
  "  troupe cluster ca issue DIR NAME    for each node\n"
  "then start each node with --credentials DIR/NAME";

/// Why nothing starts: what stderr gets, and the exit code.
struct plan_problem {
  std::string line;
  int exit_code = common::exit_failed;
};

plan_problem failure(std::string_view text) {
  return {fmt::format("Error: {}", text)};
}

plan_problem wrong_words(std::string_view text) {
  return {fmt::format("Error: {}", text), common::exit_usage};
}

/// Addresses, certificates and names; what is wrong with them, or nothing.
std::optional<plan_problem> plan_links(const node_args& args, plan& result) {
  if (args.listen) {
    auto listen = parse_endpoint(*args.listen);
    if (const auto* problem = std::get_if<std::string>(&listen))
      return wrong_words("--listen: " + *problem);
    result.listen = std::get<endpoint>(std::move(listen));
  }
  for (const auto& text : args.join) {
    auto peer = parse_peer(text);
    if (const auto* problem = std::get_if<std::string>(&peer))
      return wrong_words("--join: " + *problem);
    result.peers.push_back(std::get<add_peer>(std::move(peer)));
  }
  result.name = args.name.empty() ? fmt::format("node-{}", ::getpid()) : args.name;
  const bool names_files =
    !args.tls.certificate.empty() || !args.tls.key.empty() || !args.tls.authority.empty();
  if (args.credentials.empty() && !names_files) {
    if (!result.listen && result.peers.empty())
      return std::nullopt;
    return wrong_words(fmt::format("--listen and --join need a certificate. {}", remedy));
  }
  if (!args.credentials.empty() && names_files)
    return wrong_words("give --credentials, or --tls-cert, --tls-key and --tls-ca");
  if (!args.credentials.empty())
    if (const auto problem = config::problem_of_node_folder(args.credentials))
      return failure(fmt::format("--credentials {}", *problem));
  auto loaded = config::load(files_of(args));
  if (const auto* problem = std::get_if<std::string>(&loaded))
    return failure(*problem);
  result.identity = std::get<config::tls_material>(std::move(loaded));
  const auto& certified = result.identity->identity.node;
  if (!args.name.empty() && args.name != certified)
    return wrong_words(
      fmt::format("--name {}: the certificate is of node {}", args.name, certified));
  result.name = certified;
  return std::nullopt;
}

std::variant<plan, plan_problem> make_plan(const node_args& args,
                                           const common::override_options& root) {
  plan result;
  if (auto problem = plan_links(args, result))
    return *std::move(problem);
  const common::override_options levels[] = {root, args.overrides};
  auto overrides = common::joined_overrides(levels);
  if (const auto* problem = std::get_if<config::config_error>(&overrides))
    return plan_problem{to_string(*problem)};
  auto cwd = common::working_root(std::nullopt);
  if (const auto* problem = std::get_if<common::settings_problem>(&cwd))
    return plan_problem{problem->message};
  auto settings = common::load_settings(
    {std::get<std::filesystem::path>(cwd), std::get<std::vector<std::string>>(overrides), {}});
  if (const auto* problem = std::get_if<common::settings_problem>(&settings))
    return plan_problem{problem->message};
  result.settings = std::get<common::loaded_settings>(std::move(settings));
  if (const auto problem = config::problem_of_roots(result.settings.ceiling))
    return failure(*problem);
  return result;
}

/// The sandbox that tools are going to need: of this node's own threads or, where these have none,
/// of those that members start.
std::optional<sandbox_policy> expected_sandbox(const plan& x) {
  auto result = x.settings.settings.sandbox_policy;
  if (!tool_runner::restricts_writing(result.mode) && x.identity)
    result.mode = x.settings.ceiling.sandbox;
  if (!tool_runner::restricts_writing(result.mode))
    return std::nullopt;
  result.writable_roots.push_back(x.settings.settings.cwd.string());
  return result;
}

node_root::node_options options_of(const node_args& args, const plan& x) {
  node_root::node_options options;
  options.settings = x.settings.settings;
  auto& tmp = options.settings.sandbox.tmp;
  tmp = tmp.value_or(config::tmp_folder::own);
  options.environment = x.settings.environment;
  options.login = x.settings.login;
  options.client_version = common::program_version();
  options.name = x.name;
  options.networking = x.identity ? config::networking::cluster : config::networking::none;
  options.metrics_port = args.metrics_port;
  options.otel = x.settings.otel;
  options.expected_sandbox = expected_sandbox(x);
  options.on_sandbox_probed = [](const std::string& problem) {
    if (!problem.empty() && common::stop_signals::first() == 0)
      tell_failure(fmt::format("Warning: no command of an agent can run here: {}", problem));
  };
  return options;
}

/// What peers may do here.
thread_door::ceiling ceiling_of(const node_root::node& node, const plan& x, thread_config own) {
  thread_door::ceiling result{.limits = x.settings.ceiling, .own = std::move(own), .providers = {}};
  const auto& known = node.options().settings.model_providers;
  for (const auto& id : result.limits.providers)
    if (const auto found = known.find(id); found != known.end())
      result.providers.push_back(node_root::make_thread_provider(id, found->second));
  return result;
}

using cluster_port = event_relay::cluster_port;

/// Actors to whom those that peers reach pass on what they get. Filled before the first link.
using actors_behind = std::shared_ptr<std::vector<caf::actor>>;

/// Opens the node's links; null for one that is alone.
std::variant<std::unique_ptr<cluster_port>, std::string> open_links(node_root::node& node,
                                                                    const node_args& args,
                                                                    const plan& x,
                                                                    const actors_behind& behind) {
  if (!x.identity)
    return std::unique_ptr<cluster_port>{};
  const auto notices = std::make_shared<log::notice_limit>();
  net::link_limits limits;
  limits.lobby =
    net::link_lobby::within(common::descriptor_limit(), common::measured_node_descriptors);
  auto opened = net::node_links::open(
    node.io(), {.files = files_of(args),
                .members = x.settings.ceiling.members,
                .rules = event_relay::peer_rules(),
                .limits = limits,
                .settle =
                  [&sys = node.system(), behind](const std::vector<std::uint64_t>& actors,
                                                 std::function<void(bool)> done) {
                    event_relay::settle(sys, actors, *behind, event_relay::fence_limit,
                                        std::move(done));
                  },
                .report = [notices](std::string_view kind,
                                    std::string_view text) { log::notice(*notices, kind, text); }});
  if (auto* problem = std::get_if<std::string>(&opened))
    return std::move(*problem);
  return std::make_unique<cluster_port>(
    node.system(), std::get<std::unique_ptr<net::node_links>>(std::move(opened)));
}

/// Listens and dials. The exit code: what went wrong has been told.
int join_cluster(node_root::node& node, const plan& x, const caf::actor& relay,
                 cluster_port* cluster) {
  std::optional<std::uint16_t> port;
  if (x.listen) {
    auto bound = cluster->publish(relay, x.listen->host, x.listen->port);
    if (const auto* problem = std::get_if<std::string>(&bound))
      return refuse(
        fmt::format("cannot listen on {}:{}: {}", x.listen->host, x.listen->port, *problem));
    port = std::get<std::uint16_t>(bound);
  }
  int result = common::print(node_started_line({x.name}, port));
  caf::scoped_actor self{node.system()};
  for (const auto& peer : x.peers)
    self->request(relay, caf::infinite, peer)
      .receive([] {}, [&](const caf::error& err) { result = refuse(error_text(err)); });
  return result;
}

/// Set when there is output that nobody will see, which the last lines may find out, too.
using lost_output = std::shared_ptr<std::atomic<bool>>;

void on_lost(const lost_output& lost, const std::error_code& error) {
  *lost = true;
  refuse(fmt::format("cannot write the output: {}{}", common::loss_text(error),
                     common::stop_signals::first() == 0 ? "; the node goes on without it" : ""));
}

/// Serves the node until Ctrl-C.
int serve(node_root::node& node, const node_args& args, const plan& x, const lost_output& lost) {
  const order_input orders;
  const auto behind = std::make_shared<std::vector<caf::actor>>();
  auto opened = open_links(node, args, x, behind);
  if (const auto* problem = std::get_if<std::string>(&opened))
    return refuse(*problem);
  const auto cluster = std::get<std::unique_ptr<cluster_port>>(std::move(opened));
  const node_name name{x.name};
  auto own = node_root::make_thread_config(node.options().settings, {.kind = source_kind::cli},
                                           node.options().originator, {});
  node_root::note_roots(own);
  const auto door =
    thread_door::spawn(node.system(), {.manager = node.threads(),
                                       .ceiling = ceiling_of(node, x, own),
                                       .name_of = cluster ? cluster->name_of() : nullptr,
                                       .limits = {}});
  event_relay::dependencies deps{.manager = node.threads(),
                                 .node = name,
                                 .door = door,
                                 .dialler = {},
                                 .dial = {},
                                 .name_of = {},
                                 .limits = {}};
  if (cluster) {
    deps.dialler = cluster->dialler();
    deps.dial = cluster->dial();
    deps.name_of = cluster->name_of();
  }
  auto relay = event_relay::spawn(node.system(), std::move(deps));
  auto console = spawn_console(
    node.system(), {.relay = relay,
                    .node = name,
                    .config = own,
                    .out = common::output_channel{STDOUT_FILENO},
                    .on_lost = [lost](const std::error_code& error) { on_lost(lost, error); }});
  *behind = {caf::actor_cast<caf::actor>(node.threads()), relay, console};
  const int exit_code = join_cluster(node, x, relay, cluster.get());
  if (exit_code == common::exit_ok)
    orders.read([&console](std::string line) { give_order(console, std::move(line)); });
  caf::anon_send_exit(console, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(relay, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(door, caf::exit_reason::user_shutdown);
  return exit_code;
}

int run(const node_args& args, const common::override_options& root, const net::guardian* keeper) {
  if (const auto problem = common::refuse_few_descriptors(common::node_descriptors))
    return refuse(*problem);
  auto made = make_plan(args, root);
  if (const auto* problem = std::get_if<plan_problem>(&made))
    return tell_failure(problem->line, problem->exit_code);
  auto& x = std::get<plan>(made);
  common::show_warnings(x.settings.settings);
  std::unique_ptr<common::offline_model> offline;
  if (args.offline) {
    auto started = common::offline_model::start(*args.offline, args.seed);
    if (const auto* problem = std::get_if<common::offline_model::problem>(&started))
      return tell_failure(fmt::format("Error: {}", problem->message), problem->exit_code);
    offline = std::get<std::unique_ptr<common::offline_model>>(std::move(started));
    offline->use_in(x.settings.settings);
  }
  node_root::register_types();
  auto options = options_of(args, x);
  options.keeper = keeper;
  node_root::node node{std::move(options)};
  if (const auto problem = common::announce_metrics(node))
    return refuse(*problem);
  const auto lost = std::make_shared<std::atomic<bool>>(false);
  const auto exit_code = serve(node, args, x, lost);
  node.stop(); // and with it the console, which may still wait for its reader
  return *lost ? common::exit_failed : exit_code;
}

} // namespace

void add_command(CLI::App& app, std::function<int()>& selected, const net::guardian* keeper) {
  const auto args = std::make_shared<node_args>();
  auto& command = add_node_command(app, *args);
  command.callback([args, &command, keeper, &app, &selected] {
    if (command.count("--offline") > 0 && !args->offline)
      args->offline = "";
    selected = [args, root = common::given_overrides(app), keeper] {
      return run(*args, root, keeper);
    };
  });
}

} // namespace troupe::node_app
