#include "tests/bench/stream_sampler.hpp"

#include "net/http_client.hpp"
#include "net/io_pool.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <fmt/format.h>
#include <fstream>
#include <future>
#include <mutex>
#include <sys/resource.h>
#include <utility>

namespace troupe::bench {

namespace {

/// Often enough for a peak that lasts; a page costs a millisecond.
constexpr std::chrono::milliseconds sample_distance{50};
constexpr std::size_t max_page_bytes = 4 * 1024 * 1024;

/// Beside the connections: rollouts that are open, the program's own files.
constexpr std::uint64_t other_files = 2'000;
/// Ports that others use, or that are still closing.
constexpr std::uint64_t other_ports = 1'000;

std::string fetch_page(net::http_client& client, std::uint16_t port) {
  net::http_request request;
  request.url = fmt::format("http://127.0.0.1:{}/metrics", port);
  std::promise<std::string> answer;
  client.fetch(std::move(request), max_page_bytes,
               [&answer](net::call_outcome x) { answer.set_value(std::move(x.body)); });
  return answer.get_future().get();
}

} // namespace

stream_sampler::stream_sampler(std::uint16_t port)
  : port_(port), thread_([this](const std::stop_token& stop) { sample(stop); }) {}

void stream_sampler::sample(const std::stop_token& stop) {
  net::io_pool pool;
  net::http_client client{pool};
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock{mutex};
  while (!stop.stop_requested()) {
    const auto page = fetch_page(client, port_);
    peak_ = std::max(peak_, metric_of(page, "troupe_open_streams") -
                              metric_of(page, "troupe_waiting_requests"));
    stopped.wait_for(lock, stop, sample_distance, [] { return false; });
  }
  pool.stop();
}

std::int64_t stream_sampler::peak() {
  thread_.request_stop();
  thread_.join();
  return peak_;
}

std::int64_t metric_of(std::string_view page, std::string_view name) {
  for (auto at = page.find(name); at != std::string_view::npos; at = page.find(name, at + 1)) {
    const auto behind = at + name.size();
    const bool is_line = (at == 0 || page[at - 1] == '\n') && page.substr(behind, 1) == " ";
    std::int64_t result = 0;
    if (is_line)
      std::from_chars(page.data() + behind + 1, page.data() + page.size(), result);
    if (is_line)
      return result;
  }
  return 0;
}

std::string problem_of_streams(std::uint32_t streams) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < streams + other_files)
    return fmt::format("{} streams at once need {} open files, and the hard limit is {}: raise it "
                       "(ulimit -Hn, or LimitNOFILE of the service)",
                       streams, streams + other_files, limit.rlim_max);
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::ifstream{"/proc/sys/net/ipv4/ip_local_port_range"} >> first >> last;
  if (last < first + streams + other_ports)
    return fmt::format("{} streams to one address need as many ports, and the system gives out {} "
                       "to {}: widen net.ipv4.ip_local_port_range",
                       streams, first, last);
  return {};
}

} // namespace troupe::bench
