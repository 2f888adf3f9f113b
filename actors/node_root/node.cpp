#include "actors/node_root/node.hpp"

#include "actors/auth_manager/auth_manager_actor.hpp"
#include "actors/codex_thread/turn_metadata.hpp"
#include "actors/codex_thread/workspace_memory.hpp"
#include "actors/model_client/exchange_store.hpp"
#include "actors/model_client/model_client_actor.hpp"
#include "actors/model_client/user_agent.hpp"
#include "actors/models_manager/models_manager_actor.hpp"
#include "actors/node_root/node_root_actor.hpp"
#include "actors/node_root/thread_settings.hpp"
#include "actors/rollout_recorder/rollout_recorder_actor.hpp"
#include "actors/rollout_recorder/store_files.hpp"
#include "actors/telemetry/metrics_endpoint_run.hpp"
#include "actors/telemetry/node_metrics.hpp"
#include "actors/telemetry/observers.hpp"
#include "actors/telemetry/telemetry_actor.hpp"
#include "actors/thread_manager/thread_manager_actor.hpp"
#include "actors/tool_runner/tool_runner_actor.hpp"
#include "config/log.hpp"
#include "config/node_config.hpp"
#include "config/thread_limit.hpp"
#include "net/blocking_pool.hpp"
#include "net/http_client.hpp"
#include "net/io_pool.hpp"
#include "net/machine_memory.hpp"
#include "net/thread_start.hpp"

#include <caf/actor_system.hpp>
#include <caf/send.hpp>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <random>
#include <utility>

namespace troupe::node_root {

namespace {

/// Calls that wait for a disk which does not answer, each on a thread of its own.
constexpr std::size_t most_hanging_tools = 64;

model_client::client_identity identity_of(const node_options& x) {
  const auto originator = model_client::originator_text(x.environment, x.originator);
  return {.originator = originator,
          .user_agent =
            model_client::user_agent_text({.originator = originator,
                                           .version = x.client_version,
                                           .os = model_client::this_platform(),
                                           .terminal = model_client::terminal_text(x.environment),
                                           .suffix = {}})};
}

models_manager::model_knowledge knowledge_of(const node_options& x) {
  const auto login = config::kind_of(x.login);
  auto read = models_manager::read_knowledge(x.settings, login, x.environment);
  if (auto* known = std::get_if<models_manager::model_knowledge>(&read))
    return std::move(*known);
  log::warning("{}; the bundled catalogue is used",
               std::get<config::catalogue_error>(read).message);
  auto settings = x.settings;
  settings.model_catalog_json.reset();
  read = models_manager::read_knowledge(settings, login, x.environment);
  return std::get<models_manager::model_knowledge>(std::move(read));
}

net::http_client_options connections_of(const node_options& x) {
  net::http_client_options result;
  if (x.settings.ca_bundle)
    result.tls.ca_file = x.settings.ca_bundle->string();
  result.proxies = net::proxy_rules::from_environment(x.environment);
  result.max_exchanges_per_origin = x.settings.model_limits.max_connections.value_or(0);
  return result;
}

/// Whether the provider's connections differ from those of the others.
bool has_own_connections(const config::provider& x) {
  return x.limits.max_connections || x.tls_verification == config::tls_verification::off;
}

/// Of a provider with connections of its own.
net::http_client_options connections_of(const node_options& x, const config::provider& provider) {
  auto result = connections_of(x);
  const auto all = result.max_exchanges_per_origin;
  if (const auto own = provider.limits.max_connections)
    result.max_exchanges_per_origin = all == 0 ? *own : std::min<std::size_t>(all, *own);
  if (provider.tls_verification == config::tls_verification::off)
    result.tls.verify = net::tls_client_options::verification::off;
  return result;
}

model_client::configured_limits limits_of(const config::request_limits& x) {
  return {.requests_per_minute = static_cast<double>(x.requests_per_minute.value_or(0)),
          .tokens_per_minute = static_cast<double>(x.tokens_per_minute.value_or(0)),
          .streams = x.max_streams.value_or(0)};
}

/// Each stream has a connection: those that would find none wait their turn with the governor
/// rather than in the queue of a host.
model_client::configured_limits limits_of(const node_options& x, const config::provider& provider) {
  auto result = limits_of(provider.limits);
  const auto connections = connections_of(x, provider).max_exchanges_per_origin;
  if (connections > 0)
    result.streams = result.streams > 0 ? std::min(result.streams, connections) : connections;
  return result;
}

model_client::governor_settings governor_of(const node_options& x) {
  model_client::governor_settings result;
  result.total = limits_of(x.settings.model_limits);
  for (const auto& [id, provider] : x.settings.model_providers)
    result.per_provider.emplace(id, limits_of(x, provider));
  return result;
}

/// Passes on the first of several answers.
class first_answer {
public:
  explicit first_answer(std::function<void(std::string)> to) : to_(std::move(to)) {}

  void operator()(std::string x) {
    if (!given_.test_and_set())
      to_(std::move(x));
  }

private:
  std::function<void(std::string)> to_;
  std::atomic_flag given_;
};

net::process_bounds bounds_of(const config::tool_bounds& x) {
  return {.max_memory_bytes = x.max_memory_bytes.value_or(net::usable_memory_bytes() / 2),
          .max_processes = x.max_processes,
          .max_file_bytes = x.max_file_bytes};
}

} // namespace

// Destroyed from the bottom up: handles, then the threads that post to actors, then the actor
// system.
struct node::state {
  explicit state(node_options x)
    : options(std::move(x)),
      configuration({.networking = options.networking, .threads = options.workers}),
      system(configuration), io(options.io_threads), http(io, connections_of(options)) {
    if (options.keeper != nullptr)
      io.use_guardian(*options.keeper);
  }

  node_options options;
  config::node_config configuration;
  caf::actor_system system;
  net::io_pool io;
  net::blocking_pool files;
  net::blocking_pool tools{2, most_hanging_tools}; // what agents name may lie on one, too
  net::blocking_pool workspaces{1}; // a folder on a dead network share holds up nothing else
  net::http_client http;
  std::map<std::string, std::unique_ptr<net::http_client>> own_http =
    make_own_http(); // by provider
  std::unique_ptr<telemetry::node_metrics> metrics = make_metrics();
  std::shared_ptr<telemetry::intake> intake;
  telemetry::telemetry_actor spans = start_spans();
  std::unique_ptr<model_client::observer> span_observer = spans ? watch_requests() : nullptr;
  telemetry::observers observers{metrics ? &metrics->client_observer() : nullptr,
                                 span_observer.get()};
  std::shared_ptr<model_client::exchange_recorder> recorder = make_recorder();
  std::optional<model_client::offline_fixture> fixture =
    model_client::read_fixture(options.environment);
  node_root_actor root;
  thread_manager_actor threads;
  services_changed services;
  std::shared_ptr<auth_manager::lent_login> lent_login =
    std::make_shared<auth_manager::lent_login>();
  std::atomic_flag has_had_tools; // the first ones tell whether the sandbox works
  std::atomic_flag has_had_auth;  // the first one knows the login, others read it again
  caf::actor thread_counter;      // of the metrics
  std::unique_ptr<telemetry::metrics_endpoint> metrics_page;
  const std::uint64_t jitter_seed = jitter_seed_of(options);
  bool stopped = false;

  service_starters starters() {
    return {.auth = [this] { return start_auth(); },
            .client = [this](const auth_manager_actor& auth) { return start_client(auth); },
            .models = [this](const model_sources& x) { return start_models(x); },
            .recorder = [this] { return start_recorder(); },
            .tools = [this] { return start_tools(); },
            .threads = [this](const services_changed& x) { return start_threads(x); }};
  }

  node_name own_name() const {
    return {options.name.empty() ? "node-" + std::to_string(::getpid()) : options.name};
  }

  std::map<std::string, std::unique_ptr<net::http_client>> make_own_http() {
    std::map<std::string, std::unique_ptr<net::http_client>> result;
    for (const auto& [id, provider] : options.settings.model_providers)
      if (has_own_connections(provider))
        result[id] = std::make_unique<net::http_client>(io, connections_of(options, provider));
    return result;
  }

  std::unique_ptr<telemetry::node_metrics> make_metrics() {
    return options.metrics_port ? std::make_unique<telemetry::node_metrics>(system) : nullptr;
  }

  telemetry::telemetry_actor start_spans() {
    if (!options.otel)
      return {};
    std::random_device entropy;
    intake = std::make_shared<telemetry::intake>(std::uint64_t{entropy()} << 32 | entropy());
    return telemetry::spawn(system, {.http = &http,
                                     .settings = *options.otel,
                                     .version = options.client_version,
                                     .node = own_name(),
                                     .intake = intake});
  }

  std::unique_ptr<model_client::observer> watch_requests() const {
    telemetry::request_watch_setup setup{.intake = intake, .wake = telemetry::waker(spans)};
    using telemetry::span_wish;
    setup.spans = options.otel->traces ? span_wish::wanted : span_wish::unwanted;
    if (options.otel->logs) {
      setup.logs.emplace();
      setup.logs->version = options.client_version;
      setup.logs->originator =
        model_client::originator_text(options.environment, options.originator);
      setup.logs->terminal = model_client::terminal_text(options.environment);
      if (options.login && options.login->tokens)
        setup.logs->email = options.login->tokens->claims.email.value_or("");
    }
    return telemetry::watch_requests(std::move(setup));
  }

  codex_thread::tool_watch watch_tools() const {
    if (!spans || !options.otel->traces)
      return {};
    return telemetry::watch_tools(intake, telemetry::waker(spans));
  }

  void serve_metrics() {
    metrics_page = std::make_unique<telemetry::metrics_endpoint>(
      io, *options.metrics_port,
      telemetry::metrics_source{
        .text = [this] { return metrics->text(); },
        .post = [this](std::function<void()> run) { files.post(std::move(run)); }});
  }

  std::shared_ptr<model_client::exchange_recorder> make_recorder() {
    if (options.record.empty())
      return nullptr;
    return std::make_shared<model_client::exchange_recorder>(
      options.record, [this](std::function<void()> run) { files.post(std::move(run)); });
  }

  auth_manager_actor start_auth() {
    const auto identity = identity_of(options);
    auth_manager::dependencies deps;
    deps.http = &http;
    deps.post = [this](std::function<void()> run) { files.post(std::move(run)); };
    deps.sources = {.store = {options.settings.home, options.settings.credentials_store},
                    .environment = options.environment,
                    .environment_key = options.environment_key};
    deps.forced_workspaces = options.settings.forced_chatgpt_workspaces;
    deps.headers.set("originator", identity.originator);
    deps.headers.set("User-Agent", identity.user_agent);
    deps.lent = lent_login;
    if (!has_had_auth.test_and_set()) {
      deps.first = auth_manager::first_login::given;
      deps.login = options.login;
    }
    return auth_manager::spawn(system, std::move(deps));
  }

  model_client_actor start_client(const auth_manager_actor& auth) {
    model_client::dependencies deps;
    deps.http = &http;
    for (const auto& [id, client] : own_http)
      deps.own_http.emplace(id, client.get());
    deps.providers = options.settings.model_providers;
    deps.environment = options.environment;
    deps.login = options.login;
    deps.auth = auth;
    deps.identity = identity_of(options);
    deps.jitter_seed = jitter_seed;
    deps.governor = governor_of(options);
    if (const auto streams = options.settings.model_limits.max_streams)
      deps.limits.open_streams = std::max<std::size_t>(deps.limits.open_streams, *streams);
    deps.observer = observers.front();
    if (metrics)
      deps.load = metrics->client_load();
    deps.recorder = recorder;
    deps.replay = options.replay;
    deps.fixture = fixture;
    return model_client::spawn(system, std::move(deps));
  }

  models_manager_actor start_models(const model_sources& sources) {
    models_manager::dependencies deps;
    deps.sources = sources;
    deps.post = [this](std::function<void()> run) { files.post(std::move(run)); };
    deps.providers = options.settings.model_providers;
    deps.environment = options.environment;
    deps.knowledge = knowledge_of(options);
    deps.reach = list_reach();
    deps.home = options.settings.home;
    deps.client_version = options.client_version;
    return models_manager::spawn(system, std::move(deps));
  }

  /// What a run knows of its models is no part of a recording, so it must not depend on a provider.
  models_manager::list_reach list_reach() const {
    const bool is_repeatable = recorder || options.replay || fixture;
    return is_repeatable ? models_manager::list_reach::nothing
                         : models_manager::list_reach::provider_at_start;
  }

  rollout_recorder_actor start_recorder() {
    rollout_recorder::dependencies deps;
    deps.home = options.settings.home;
    deps.originator = model_client::originator_text(options.environment, options.originator);
    deps.cli_version = options.client_version;
    deps.post = [this](std::function<void()> run) { files.post(std::move(run)); };
    return rollout_recorder::spawn(system, std::move(deps));
  }

  tool_runner_actor start_tools() {
    tool_runner::dependencies deps;
    deps.io = &io;
    deps.post = [this](std::function<void()> run) { tools.post(std::move(run)); };
    deps.own_program = options.own_program;
    deps.max_running = options.settings.commands.max_running;
    if (!options.settings.commands.shell_snapshot)
      deps.snapshots.reset();
    deps.bounds = bounds_of(options.settings.tools);
    deps.withheld = config::credential_names(options.settings.model_providers);
    if (!has_had_tools.test_and_set()) {
      deps.expected = options.expected_sandbox;
      deps.on_probed = options.on_sandbox_probed;
    }
    deps.on_refused = options.on_tool_refused;
    deps.sandbox = {.settings = options.settings.sandbox,
                    .home = options.settings.home.string(),
                    .results = options.results.string()};
    return tool_runner::spawn(system, std::move(deps));
  }

  void read_workspace(std::string cwd, std::function<void(std::string)> answer) {
    auto once = std::make_shared<first_answer>(std::move(answer));
    workspaces.post([once, cwd = std::move(cwd)] {
      (*once)(codex_thread::turn_metadata_json(cwd, rollout_recorder::read_small_file));
    });
    io.after(codex_thread::workspace_memory::answer_limit, [once] { (*once)({}); });
  }

  std::optional<thread_provider> find_provider(const std::string& id) const {
    const auto& providers = options.settings.model_providers;
    const auto found = providers.find(id);
    if (found == providers.end())
      return std::nullopt;
    return make_thread_provider(id, found->second);
  }

  thread_manager_actor start_threads(const services_changed& x) {
    return thread_manager::spawn(
      system, {.thread = {.services = x,
                          .tools = tools_json,
                          .tmpdir = options.environment("TMPDIR").value_or(""),
                          .read_workspace =
                            [this](std::string cwd, std::function<void(std::string)> answer) {
                              read_workspace(std::move(cwd), std::move(answer));
                            },
                          .watch_tool = watch_tools()},
               .node = own_name(),
               .limits = {},
               .find_provider = [this](const std::string& id) { return find_provider(id); }});
  }
};

std::uint64_t jitter_seed_of(const node_options& x) {
  if (x.jitter_seed)
    return *x.jitter_seed;
  std::random_device entropy;
  return std::uint64_t{entropy()} << 32 | entropy();
}

std::unique_ptr<node::state> node::start_threads(node_options options) {
  const net::thread_start_guard all_or_none{config::end_without_threads};
  return std::make_unique<state>(std::move(options));
}

node::node(node_options options) : state_(start_threads(std::move(options))) {
  if (state_->metrics) {
    state_->thread_counter = state_->metrics->count_threads(state_->own_name());
    state_->serve_metrics();
  }
  auto started = start(state_->system, state_->starters());
  state_->root = std::move(started.root);
  state_->threads = std::move(started.threads);
  state_->services = std::move(started.services);
  if (state_->spans)
    caf::anon_send(state_->spans, state_->threads);
}

node::~node() {
  stop();
}

caf::actor_system& node::system() {
  return state_->system;
}
net::io_pool& node::io() {
  return state_->io;
}
net::blocking_pool& node::files() {
  return state_->files;
}

net::blocking_pool& node::tools() {
  return state_->tools;
}

const thread_manager_actor& node::threads() const {
  return state_->threads;
}
const services_changed& node::services() const {
  return state_->services;
}
const node_options& node::options() const {
  return state_->options;
}
const telemetry::metrics_endpoint* node::metrics() const {
  return state_->metrics_page.get();
}

void node::stop() {
  if (std::exchange(state_->stopped, true))
    return;
  if (state_->metrics_page)
    state_->metrics_page->stop();
  if (auto counter = std::exchange(state_->thread_counter, nullptr))
    caf::anon_send_exit(counter, caf::exit_reason::user_shutdown);
  state_->spans = nullptr; // ends after the thread manager, when it has sent what is left
  caf::anon_send_exit(state_->root, caf::exit_reason::user_shutdown);
  state_->root = nullptr;
  state_->threads = nullptr;
  state_->services = {};
  // CAF waits for its actors without a limit; a node that cannot stop must still end, with
  // everything that is acknowledged already on disk. A thread of the pool waits, what the actors
  // still write goes through the other: a new one might be refused.
  const auto all_gone = std::make_shared<std::promise<void>>();
  state_->files.post([this, all_gone] {
    state_->system.await_all_actors_done();
    all_gone->set_value();
  });
  if (all_gone->get_future().wait_for(state_->options.stop_limit) != std::future_status::ready) {
    log::error("{} actor(s) did not end in time; the process ends without them",
               state_->system.registry().running());
    std::quick_exit(EXIT_FAILURE);
  }
  state_->io.stop();
  // Nobody waits for what they find any more; it may be on a disk that never answers.
  constexpr std::chrono::milliseconds limit{500};
  state_->tools.stop_within(limit);
  state_->workspaces.stop_within(limit);
  state_->files.stop();
}

} // namespace troupe::node_root
