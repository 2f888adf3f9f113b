#include "actors/telemetry/metrics_endpoint_run.hpp"

#include "net/http_server.hpp"
#include "net/io_pool.hpp"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <string_view>
#include <utility>

namespace troupe::telemetry {

namespace {

constexpr std::size_t max_request_bytes = 4096;
constexpr std::chrono::seconds request_limit{5};
constexpr std::size_t max_waiting = 64; // one scraper keeps one connection

net::header_list content_type(std::string_view x) {
  net::header_list result;
  result.set("Content-Type", x);
  return result;
}

void refuse(const net::responder& reply, int status, std::string_view why) {
  reply.answer(status, content_type("text/plain; charset=utf-8"), std::string{why} + '\n');
}

/// Shared with scrapes that are under way: they may end after the endpoint.
struct scrapes {
  explicit scrapes(metrics_source x) : source(std::move(x)) {}

  metrics_source source;
  std::atomic<int> under_way{0};
};

void serve(const std::shared_ptr<scrapes>& x, const net::server_request& request,
           const net::responder& reply) {
  if (request.target.substr(0, request.target.find('?')) != "/metrics")
    return refuse(reply, 404, "Only /metrics is here.");
  if (request.method != "GET")
    return refuse(reply, 405, "Only GET is allowed.");
  if (x->under_way.fetch_add(1) >= metrics_endpoint::max_scrapes) {
    x->under_way.fetch_sub(1);
    return refuse(reply, 503, "Too many scrapes at once.");
  }
  x->source.post([x, reply] {
    reply.answer(200, content_type("text/plain; version=0.0.4; charset=utf-8"), x->source.text());
    x->under_way.fetch_sub(1);
  });
}

} // namespace

struct metrics_endpoint::state {
  state(net::io_pool& pool, std::uint16_t port, metrics_source source)
    : server(pool,
             {.port = port,
              .max_body_bytes = max_request_bytes,
              .hosts = net::served_hosts::loopback,
              .request_limit = request_limit,
              .head_limit = request_limit,
              .max_waiting = max_waiting},
             [shared = std::make_shared<scrapes>(std::move(source))](
               const net::server_request& request, const net::responder& reply) {
               serve(shared, request, reply);
             }) {
    if (const auto started = server.start(); started.error != net::net_errc::none)
      problem = fmt::format("cannot serve metrics on 127.0.0.1:{}: {}", port, started.detail);
  }

  net::http_server server;
  std::string problem;
};

metrics_endpoint::metrics_endpoint(net::io_pool& pool, std::uint16_t port, metrics_source source)
  : state_(std::make_unique<state>(pool, port, std::move(source))) {}

metrics_endpoint::~metrics_endpoint() = default;

const std::string& metrics_endpoint::problem() const {
  return state_->problem;
}

std::uint16_t metrics_endpoint::port() const {
  return state_->server.port();
}

void metrics_endpoint::stop() {
  state_->server.stop();
}

} // namespace troupe::telemetry
