// Whatever a provider answers besides a stream is mapped to an error or an answer, with a text for
// people, and its header values never stop the governor. The first line of the input is a header
// value, the rest a body.
#include "actors/model_client/http_errors.hpp"
#include "actors/model_client/rate_governor.hpp"
#include "actors/model_client/rate_headers.hpp"
#include "actors/model_client/trace_file.hpp"
#include "actors/model_client/unary_answers.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace troupe;
using namespace troupe::model_client;

net::header_list headers_with(std::string_view value) {
  net::header_list result;
  for (const auto* name : {"x-ratelimit-limit-requests", "x-ratelimit-remaining-requests",
                           "x-ratelimit-reset-requests", "x-ratelimit-limit-tokens", "retry-after",
                           "x-codex-model-cap-reset-after-seconds", "x-codex-primary-used-percent",
                           "x-codex-primary-reset-at"})
    result.set(name, value);
  return result;
}

/// Whatever the headers say, a request that waits is sent in the end.
void govern(int status, const rate_reading& reading) {
  rate_governor governor;
  const rate_governor::time_point start{std::chrono::hours{1}};
  rate_governor::request request;
  request.operation = 1;
  auto pass = governor.admit(request, start);
  if (!pass)
    std::abort();
  pass->settle(status, true);
  governor.on_answer(*pass, status, reading, start + std::chrono::milliseconds{10});
  governor.readmit(request, start + std::chrono::milliseconds{20});
  for (int i = 0; governor.waiting() > 0; ++i) {
    const auto next = governor.next_release();
    if (!next || i > 1000)
      std::abort();
    governor.release(std::max(*next, start));
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(bytes), size};
  const auto end = std::min(text.find('\n'), text.size());
  const auto headers = headers_with(text.substr(0, end));
  const auto body = text.substr(std::min(end + 1, text.size()));
  const auto clock = system_clock();
  for (const int status : {400, 401, 403, 404, 429, 500, 503}) {
    const http_failure failure{.status = status, .url = "u", .headers = headers, .body = body};
    const auto mapped = map_status(failure, clock);
    if (mapped.error.message.empty() && status != 400)
      std::abort();
    passes_by_itself(failure, clock);
  }
  const auto reading = read_rate_headers(headers, 0);
  govern(200, reading);
  govern(429, reading);
  read_reset_time(text.substr(0, end));
  const auto history = read_compacted_history(body);
  if (history.error && !history.output.empty())
    std::abort();
  read_trace_summaries(body, 1);
  prepare_trace(body, "trace.jsonl", 1);
  return 0;
}
