#include "apps/common/local_server.hpp"

#include "config/local_server.hpp"
#include "net/http_client.hpp"
#include "net/io_pool.hpp"

#include <chrono>
#include <fmt/format.h>
#include <future>
#include <utility>

namespace troupe::common {

namespace {

/// A server on this machine answers in milliseconds, unless it is stuck.
constexpr std::chrono::seconds answer_limit{5};

constexpr std::size_t max_answer_bytes = 4 * 1024 * 1024; // a list of models

net::call_outcome fetch(net::http_client& client, std::string url) {
  net::http_request request;
  request.url = std::move(url);
  request.limits.total = answer_limit;
  std::promise<net::call_outcome> promise;
  auto outcome = promise.get_future();
  client.fetch(std::move(request), max_answer_bytes,
               [&](net::call_outcome x) { promise.set_value(std::move(x)); });
  return outcome.get();
}

std::string_view remedy(std::string_view provider_id) {
  return provider_id == "ollama" ? "start it with `ollama serve`"
                                 : "start the server in LM Studio (or with `lms server start`)";
}

/// Why the server cannot be used; none when it answers.
std::optional<std::string> refuse_answer(const net::call_outcome& x) {
  if (x.error != net::net_errc::none)
    return x.detail.empty() ? std::string{to_text(x.error)} : x.detail;
  if (x.head.status < 200 || x.head.status > 299)
    return fmt::format("it answers with status {}", x.head.status);
  return std::nullopt;
}

} // namespace

std::optional<std::string> refuse_local_server(const config::config& settings,
                                               const config::environment& variables) {
  const auto& id = settings.model_provider_id;
  const auto base_url = settings.model_provider.base_url.value_or("");
  net::io_pool pool;
  net::http_client_options options{.proxies = net::proxy_rules::from_environment(variables)};
  if (settings.ca_bundle)
    options.tls.ca_file = settings.ca_bundle->string();
  net::http_client client{pool, std::move(options)};
  const auto probe = config::local_server_probe(base_url);
  if (const auto problem = refuse_answer(fetch(client, probe)))
    return fmt::format("cannot use the {} server at {}: {}. If it is not running, {}; if it is "
                       "elsewhere, set CODEX_OSS_BASE_URL or CODEX_OSS_PORT.",
                       id, config::without_credentials(probe), *problem, remedy(id));
  if (id != "ollama")
    return std::nullopt;
  const auto root = config::local_server_root(base_url);
  const auto version = fetch(client, root + "/api/version");
  auto problem = version.error == net::net_errc::none
                   ? config::refuse_ollama_version(version.head.status, version.body)
                   : refuse_answer(version);
  if (!problem)
    return std::nullopt;
  return fmt::format("cannot use the ollama server at {}: {}", config::without_credentials(root),
                     *problem);
}

} // namespace troupe::common
