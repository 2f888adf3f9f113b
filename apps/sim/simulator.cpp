#include "apps/sim/simulator.hpp"

#include "apps/sim/body_decoding.hpp"
#include "apps/sim/other_endpoints.hpp"
#include "apps/sim/request_log.hpp"
#include "apps/sim/routes.hpp"
#include "apps/sim/simulated_model.hpp"
#include "apps/sim/stream_player.hpp"
#include "apps/sim/thread_table.hpp"
#include "messages/json/writer.hpp"
#include "net/http_server.hpp"
#include "net/limits.hpp"

#include <fmt/format.h>

#include <array>
#include <mutex>

namespace troupe::sim {

namespace {

using counter = std::atomic<std::uint64_t>;

void count(counter& x) {
  x.fetch_add(1, std::memory_order_relaxed);
}

answer json_answer(int status, std::string body) {
  answer result;
  result.status = status;
  result.content_type = "application/json";
  result.body = std::move(body);
  return result;
}

answer error_answer(int status, std::string_view message) {
  std::string text;
  append_json_string(text, message);
  return json_answer(status,
                     fmt::format(R"({{"error":{{"message":{},"type":"sim_error"}}}})", text));
}

std::string_view session_of(const net::header_list& headers) {
  for (const std::string_view name : {"session_id", "session-id", "thread-id"})
    if (const auto value = headers.find(name))
      return *value;
  return {};
}

std::string counts_json(const std::vector<std::pair<std::string, std::uint64_t>>& counts) {
  std::string result;
  for (const auto& [name, times] : counts) {
    result += result.empty() ? "{" : ",";
    append_json_string(result, name);
    result += fmt::format(":{}", times);
  }
  return result.empty() ? "{}" : result + "}";
}

} // namespace

/// Shared with the handler of the server, which may outlive the simulator by a call.
struct simulator::state {
  state(net::io_pool& its_pool, sim::scenario x, simulator_options its_options)
    : pool(its_pool), options(std::move(its_options)), model(std::move(x), options.seed),
      rule_counts(model.scenario().rules.size()) {}

  void on_request(net::server_request request, const net::responder& to);
  answer answer_to(const net::server_request& request, logged_request& log);
  answer respond(const net::server_request& request, logged_request& log);
  request_place place_of(const request_view& view, std::uint64_t thread);
  simulator_stats stats() const;

  net::io_pool& pool;
  const simulator_options options;
  const simulated_model model;
  request_log log_file;
  const std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();

  // A lock instead of an actor or a strand: it is held for one look-up in a hash table, and a hop
  // to another thread would cost a hundred times as much.
  std::mutex threads_mutex;
  thread_table threads;

  counter requests{0};
  counter responses{0};
  counter unmatched{0};
  const open_streams streams_open = std::make_shared<counter>(0);
  std::vector<counter> rule_counts;
  std::array<counter, enum_texts<fault_kind>::values.size()> fault_counts{};

  std::unique_ptr<net::http_server> server;
};

void simulator::state::on_request(net::server_request request, const net::responder& to) {
  logged_request log;
  log.number = requests.fetch_add(1, std::memory_order_relaxed) + 1;
  auto decoded = decoded_body(request.headers.find("content-encoding").value_or(""),
                              std::move(request.body), net::max_request_body_bytes);
  answer what;
  if (const auto* problem = std::get_if<undecodable>(&decoded)) {
    request.body.clear();
    what = error_answer(400, problem->reason);
  } else {
    request.body = std::move(std::get<std::string>(decoded));
    what = answer_to(request, log);
  }
  if (log_file.is_open()) {
    log.at = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - started);
    log.method = request.method;
    log.target = request.target;
    log.headers = &request.headers;
    log.body = request.body;
    log.status = what.sends_head ? what.status : 0;
    log_file.write(log);
  }
  play(pool, to, std::move(what), streams_open);
}

answer simulator::state::answer_to(const net::server_request& request, logged_request& log) {
  const auto& models = model.scenario().models;
  switch (
    endpoint_of(request.method, request.target, request.headers.find("upgrade").value_or(""))) {
  case endpoint::responses: return respond(request, log);
  case endpoint::compact: {
    const auto view = view_request(request.body);
    const auto* good = std::get_if<request_view>(&view);
    return good == nullptr ? error_answer(400, std::get<std::string>(view))
                           : json_answer(200, compacted_history(*good));
  }
  case endpoint::memories: return json_answer(200, memory_summaries(request.body));
  case endpoint::plain_models: return json_answer(200, plain_model_list(models));
  case endpoint::model_catalogue: return json_answer(200, model_catalogue(models));
  case endpoint::statistics:
    return json_answer(200, to_json(stats(), model.scenario(), model.seed()));
  case endpoint::websocket: return error_answer(426, "no WebSocket here; use HTTP");
  case endpoint::unknown: break;
  }
  return error_answer(404, "no such endpoint; there are POST {base}/responses, GET {base}/models "
                           "and GET /sim/stats");
}

answer simulator::state::respond(const net::server_request& request, logged_request& log) {
  const auto viewed = view_request(request.body);
  const auto* view = std::get_if<request_view>(&viewed);
  if (view == nullptr) {
    count(unmatched);
    return error_answer(400, std::get<std::string>(viewed));
  }
  const auto thread = model.thread_key(*view, session_of(request.headers));
  auto outcome = model.respond(*view, thread, place_of(*view, thread));
  if (outcome.rule == simulated_model::no_rule) {
    count(unmatched);
    return std::move(outcome.what);
  }
  count(responses);
  count(rule_counts[outcome.rule]);
  log.rule = model.scenario().rules[outcome.rule].name;
  if (outcome.broken != nullptr) {
    count(fault_counts[static_cast<std::size_t>(outcome.broken->effect.kind)]);
    log.fault = outcome.broken->name;
  }
  return std::move(outcome.what);
}

request_place simulator::state::place_of(const request_view& view, std::uint64_t thread) {
  const std::lock_guard guard{threads_mutex};
  return threads.enter(thread, {view.items, view.body.size(), simulated_model::input_tokens(view)});
}

simulator_stats simulator::state::stats() const {
  simulator_stats result;
  result.requests = requests.load();
  result.responses = responses.load();
  result.unmatched = unmatched.load();
  result.streams_open = streams_open->load();
  for (std::size_t i = 0; i < rule_counts.size(); ++i)
    result.rules.emplace_back(model.scenario().rules[i].name, rule_counts[i].load());
  for (std::size_t i = 0; i < fault_counts.size(); ++i)
    if (const auto times = fault_counts[i].load(); times > 0)
      result.faults.emplace_back(enum_texts<fault_kind>::values[i], times);
  return result;
}

std::string to_json(const simulator_stats& x, const scenario& of, std::uint64_t seed) {
  std::string name;
  append_json_string(name, of.name);
  return fmt::format(R"({{"scenario":{},"seed":{},"requests":{},"responses":{},"unmatched":{},)"
                     R"("streams_open":{},"rules":{},"faults":{}}})",
                     name, seed, x.requests, x.responses, x.unmatched, x.streams_open,
                     counts_json(x.rules), counts_json(x.faults));
}

simulator::simulator(net::io_pool& pool, scenario x, simulator_options options)
  : state_(std::make_shared<state>(pool, std::move(x), std::move(options))) {}

simulator::~simulator() {
  stop();
}

std::optional<std::string> simulator::start() {
  const auto& file = state_->options.log_file;
  if (!file.empty())
    if (const auto error = state_->log_file.open(file))
      return fmt::format("{}: {}", file.string(), error.message());
  net::server_options options;
  options.port = state_->options.port;
  state_->server = std::make_unique<net::http_server>(
    state_->pool, options,
    [weak = std::weak_ptr{state_}](net::server_request request, const net::responder& to) {
      if (const auto self = weak.lock())
        self->on_request(std::move(request), to);
    });
  const auto started = state_->server->start();
  if (started.error == net::net_errc::none)
    return std::nullopt;
  return fmt::format("port {}: {} ({})", options.port, net::to_text(started.error), started.detail);
}

void simulator::stop() {
  if (state_->server)
    state_->server->stop();
}

std::uint16_t simulator::port() const {
  return state_->server ? state_->server->port() : std::uint16_t{0};
}

std::string simulator::base_url() const {
  return fmt::format("http://127.0.0.1:{}/v1", port());
}

simulator_stats simulator::stats() const {
  return state_->stats();
}

} // namespace troupe::sim
