#include "apps/sim/simulator.hpp"

#include "apps/sim/body_decoding.hpp"
#include "apps/sim/json_answers.hpp"
#include "apps/sim/request_log.hpp"
#include "apps/sim/simulated_service.hpp"
#include "apps/sim/stream_player.hpp"
#include "apps/sim/ws_session.hpp"
#include "net/http_server.hpp"
#include "net/limits.hpp"

#include <fmt/format.h>

namespace troupe::sim {

namespace {

simulated_service::request viewed(const net::server_request& x) {
  return {x.method, x.target, x.headers, x.body};
}

logged_request line_of(std::uint64_t number, const net::server_request& x) {
  logged_request result;
  result.number = number;
  result.method = x.method;
  result.target = x.target;
  result.headers = &x.headers;
  result.body = x.body;
  return result;
}

} // namespace

/// Shared with the handler of the server, which may outlive the simulator by a call.
struct simulator::state : std::enable_shared_from_this<state> {
  using clock = std::chrono::steady_clock;

  state(net::io_pool& its_pool, sim::scenario x, simulator_options its_options)
    : pool(its_pool), options(std::move(its_options)),
      service(std::make_shared<simulated_service>(std::move(x), options.seed, started)) {}

  void on_request(net::server_request request, const net::responder& to);
  simulated_service::exchange answer_to(net::server_request& request);
  void shake_hands(const net::server_request& request, const net::responder& to);
  void on_message(std::string_view body, const simulated_service::exchange& x);
  std::uint64_t next_number();
  void log(logged_request line, const simulated_service::exchange& x);

  player_stage stage() const { return {wheel, service->counts().streams, hold}; }

  net::io_pool& pool;
  const std::shared_ptr<pace_wheel> wheel = std::make_shared<pace_wheel>(pool);
  const simulator_options options;
  const clock::time_point started = clock::now();
  const std::shared_ptr<simulated_service> service;
  const std::shared_ptr<stream_hold> hold =
    std::make_shared<stream_hold>(service->scenario().hold_until_open);
  request_log log_file;
  std::unique_ptr<net::http_server> server;
};

void simulator::state::on_request(net::server_request request, const net::responder& to) {
  if (simulated_service::is_handshake(viewed(request)))
    return shake_hands(request, to);
  const auto number = next_number();
  auto exchange = answer_to(request);
  log(line_of(number, request), exchange);
  play(stage(), to, std::move(exchange.what));
}

simulated_service::exchange simulator::state::answer_to(net::server_request& request) {
  auto decoded = decoded_body(request.headers.find("content-encoding").value_or(""),
                              std::move(request.body), net::max_request_body_bytes);
  if (const auto* problem = std::get_if<undecodable>(&decoded)) {
    request.body.clear();
    return {error_answer(400, problem->reason), {}, {}};
  }
  request.body = std::move(std::get<std::string>(decoded));
  return service->on_request(viewed(request), clock::now());
}

void simulator::state::shake_hands(const net::server_request& request, const net::responder& to) {
  const auto line = line_of(next_number(), request);
  auto result = service->on_handshake(viewed(request));
  auto& counts = service->counts();
  if (auto* refused = std::get_if<simulated_service::exchange>(&result)) {
    log(line, *refused);
    return play(stage(), to, std::move(refused->what));
  }
  simulated_service::exchange accepted;
  accepted.what.status = 101;
  log(line, accepted);
  const auto on_answered = [weak = weak_from_this()](std::string_view body, const auto& exchange) {
    if (const auto self = weak.lock())
      self->on_message(body, exchange);
  };
  std::make_shared<ws_session>(
    ws_session::dependencies{service, wheel, counts.websockets_open, counts.streams, on_answered},
    std::get<simulated_service::websocket_terms>(std::move(result)))
    ->start(to);
}

void simulator::state::on_message(std::string_view body, const simulated_service::exchange& x) {
  logged_request line;
  line.number = next_number();
  line.method = "MESSAGE";
  line.target = "/responses";
  line.body = body;
  log(line, x);
}

std::uint64_t simulator::state::next_number() {
  return service->counts().requests.fetch_add(1, std::memory_order_relaxed) + 1;
}

void simulator::state::log(logged_request line, const simulated_service::exchange& x) {
  if (!log_file.is_open())
    return;
  line.at = std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - started);
  if (x.has_secret_body)
    line.body = R"("***")";
  line.rule = x.rule;
  line.fault = x.broken ? x.broken->name : std::string_view{};
  line.status = x.what.sends_head ? x.what.status : 0;
  log_file.write(line);
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
  options.hosts = net::served_hosts::loopback;
  options.tls = state_->options.tls;
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
  return fmt::format("{}://127.0.0.1:{}/v1", state_->options.tls ? "https" : "http", port());
}

std::optional<std::string> simulator::log_problem() const {
  if (const auto error = state_->log_file.error())
    return fmt::format("{} is incomplete: {}", state_->options.log_file.string(), error.message());
  return std::nullopt;
}

simulator_stats simulator::stats() const {
  return state_->service->stats();
}

} // namespace troupe::sim
