// The in-process part of scripts/bench: turns on many threads of one node, against a model
// simulator in another process. Prints one figure per line, or one JSON object.
#include "actors/node_root/node.hpp"
#include "actors/node_root/thread_settings.hpp"
#include "actors/telemetry/metrics_endpoint_run.hpp"
#include "tests/bench/load_actor.hpp"
#include "tests/bench/model_info_load.hpp"
#include "tests/bench/process_figures.hpp"
#include "tests/bench/stream_sampler.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/json.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::bench {

namespace {

using clock = std::chrono::steady_clock;
namespace json = boost::json;

/// So many lines make a request about as long as the reference's; as in scripts/bench_peers.py.
constexpr std::string_view instruction =
  "Read before you write, change no more than was asked for, and say what you did and why.\n";
constexpr int instruction_lines = 420;

/// Longest wait for one phase.
constexpr std::chrono::minutes phase_limit{10};

/// A model of the bundled catalogue; nothing is asked of it but its name.
constexpr auto model = "gpt-5.2";

struct options {
  std::uint32_t threads = 100;
  std::uint32_t turns = 10;
  std::string base_url;
  std::string prompt = "Say something plain.";
  std::string folder; ///< empty: a temporary one
  bool as_json = false;
  bool is_held = false;
};

std::string instructions() {
  std::string result;
  for (int i = 0; i < instruction_lines; ++i)
    result += instruction;
  return result;
}

std::filesystem::path make_folder(const std::filesystem::path& x) {
  std::filesystem::create_directories(x);
  return std::filesystem::canonical(x);
}

config::config make_settings(const options& x, const std::filesystem::path& folder) {
  config::provider provider;
  provider.name = "simulated model";
  provider.base_url = x.base_url;
  if (x.is_held)
    provider.stream_idle_timeout = phase_limit;
  config::config result;
  result.home = make_folder(folder / "home");
  result.cwd = make_folder(folder / "work");
  result.model = model;
  result.model_provider_id = "sim";
  result.model_provider = provider;
  result.model_providers.emplace("sim", std::move(provider));
  result.approval_policy = approval_policy::never;
  result.base_instructions = instructions();
  return result;
}

/// Sends `request` to the load and waits until it is done.
template <class... Request>
void await(caf::actor_system& sys, const load_actor& load, const Request&... request) {
  caf::scoped_actor self{sys};
  self->request(load, phase_limit, request...)
    .receive([] {}, [](const caf::error& err) { throw std::runtime_error(to_string(err)); });
}

double seconds_since(clock::time_point begin) {
  return std::chrono::duration<double>(clock::now() - begin).count();
}

/// What is counted over the measured turns.
struct counters {
  clock::time_point at = clock::now();
  std::chrono::microseconds cpu = cpu_time();
  std::uint64_t disk = disk_bytes();
  std::uint64_t rollouts = 0;
};

json::object turn_figures(std::uint64_t turns, const counters& before, const counters& after) {
  const auto count = static_cast<double>(turns);
  const auto seconds = std::chrono::duration<double>(after.at - before.at).count();
  const auto cpu = std::chrono::duration<double, std::milli>(after.cpu - before.cpu).count();
  return {{"turns", turns},
          {"seconds", seconds},
          {"turns_per_second", count / seconds},
          {"cpu_ms_per_turn", cpu / count},
          {"rollout_bytes_per_turn", static_cast<double>(after.rollouts - before.rollouts) / count},
          {"disk_bytes_per_turn", static_cast<double>(after.disk - before.disk) / count}};
}

json::object measure(const options& x, node_root::node& node, const load_actor& load) {
  auto& sys = node.system();
  const auto rollouts = [&node] { return folder_bytes(node.options().settings.home); };

  // One turn of one thread brings in what all threads share.
  await(sys, load, caf::spawn_atom_v, std::uint32_t{1});
  await(sys, load, caf::subscribe_atom_v);
  await(sys, load, caf::put_atom_v, std::uint32_t{1});
  const auto idle_kb = private_kb();

  const auto begin = clock::now();
  await(sys, load, caf::spawn_atom_v, x.threads);
  const auto start_seconds = seconds_since(begin);

  await(sys, load, caf::subscribe_atom_v);
  await(sys, load, caf::put_atom_v, std::uint32_t{1}); // warm-up
  const auto grown_kb = private_kb() - idle_kb;

  const auto rollouts_before = rollouts();
  counters before{.rollouts = rollouts_before};
  await(sys, load, caf::put_atom_v, x.turns);
  counters after;
  after.rollouts = rollouts();

  auto result = turn_figures(std::uint64_t{x.threads} * x.turns, before, after);
  result["threads"] = x.threads;
  result["starts_per_second"] = x.threads / start_seconds;
  result["private_kb_per_idle_thread"] = static_cast<double>(grown_kb) / x.threads;
  result["peak_rss_kb"] = peak_rss_kb();
  result["model_infos_per_second"] = model_infos_per_second(sys, node.services().models, model);
  return result;
}

/// One turn on each thread, all streams open at the same time: the simulator holds them until they
/// are.
json::object measure_held(const options& x, node_root::node& node, const load_actor& load) {
  auto& sys = node.system();
  if (const auto& problem = node.metrics()->problem(); !problem.empty())
    throw std::runtime_error(problem);
  await(sys, load, caf::spawn_atom_v, x.threads);
  await(sys, load, caf::subscribe_atom_v);
  const auto idle_kb = private_kb();
  stream_sampler sampler{node.metrics()->port()};
  const counters before;
  await(sys, load, caf::put_atom_v, std::uint32_t{1}); // fails with the first turn that does
  const counters after;
  auto result = turn_figures(x.threads, before, after);
  result["threads"] = x.threads;
  result["streams_in_flight"] = sampler.peak();
  result["private_kb_before"] = idle_kb;
  result["peak_rss_kb"] = peak_rss_kb();
  return result;
}

void print(const json::object& figures, const options& x) {
  if (x.as_json) {
    fmt::print("{}\n", json::serialize(figures));
    return;
  }
  for (const auto& [key, value] : figures)
    fmt::print("{:<28}{}\n", std::string_view{key}, json::serialize(value));
}

void run(const options& x) {
  const auto temporary = x.folder.empty() ? std::make_unique<test::temp_folder>() : nullptr;
  const auto folder = temporary ? temporary->path() : std::filesystem::path{x.folder};
  node_root::register_types();
  if (const auto problem = x.is_held ? problem_of_streams(x.threads) : ""; !problem.empty())
    throw std::runtime_error(problem);
  const auto begin = clock::now();
  node_root::node_options options{.settings = make_settings(x, folder), .client_version = "0.1.0"};
  if (x.is_held)
    options.metrics_port = 0;
  node_root::node node{std::move(options)};
  const auto node_start_ms = seconds_since(begin) * 1000;
  auto config = node_root::make_thread_config(node.options().settings, {}, "troupe_bench", "");
  auto load = spawn_load(node.system(), {node.threads(), std::move(config), x.prompt});
  json::object figures;
  std::exception_ptr failure;
  try {
    figures = x.is_held ? measure_held(x, node, load) : measure(x, node, load);
    figures["node_start_ms"] = node_start_ms;
  } catch (...) {
    failure = std::current_exception();
  }
  // The node waits for actors it does not own: the load ends first, also after a failure.
  caf::anon_send_exit(load, caf::exit_reason::user_shutdown);
  load = nullptr;
  node.stop();
  if (failure)
    std::rethrow_exception(failure);
  print(figures, x);
}

} // namespace

} // namespace troupe::bench

int main(int argc, char** argv) {
  troupe::bench::options x;
  CLI::App app{"Plain turns on many threads of one node, against a model simulator (troupe sim)."};
  app.add_option("--threads", x.threads, "Threads, all at work at once")
    ->capture_default_str()
    ->check(CLI::Range(1, 50'000));
  app.add_option("--turns", x.turns, "Turns of each thread that are measured")
    ->capture_default_str()
    ->check(CLI::Range(1, 100'000));
  app.add_option("--base-url", x.base_url, "Of the simulator, as it prints it")->required();
  app.add_option("--prompt", x.prompt, "Of every turn")->capture_default_str();
  app.add_option("--folder", x.folder,
                 "For home and workspace, which stay there; by default a temporary one. What was "
                 "deleted just before makes new files slow on some file systems");
  app.add_flag("--held", x.is_held,
               "One turn on each thread; the simulator must hold the streams until all are open");
  app.add_flag("--json", x.as_json, "Print one JSON object");
  CLI11_PARSE(app, argc, argv);
  try {
    troupe::bench::run(x);
  } catch (const std::exception& e) {
    fmt::print(stderr, "troupe_bench: {}\n", e.what());
    return 1;
  }
  return 0;
}
