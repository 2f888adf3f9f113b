#include "actors/model_client/unary_call_run.hpp"

#include <chrono>
#include <utility>

namespace troupe::model_client {

namespace {

using clock = std::chrono::steady_clock;

void report(const observation& to, const net::call_outcome& x, clock::time_point started) {
  request_report result{.attempt = to.attempt,
                        .status = x.head.status == 0 ? std::nullopt : std::optional{x.head.status}};
  if (x.error != net::net_errc::none)
    result.error = net::to_text(x.error);
  result.duration = std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - started);
  to.observer->on_request(to.call, result);
}

} // namespace

std::shared_ptr<unary_attempt> unary_attempt::start(net::http_client& client,
                                                    net::http_request request, observation watched,
                                                    std::function<void()> on_over) {
  auto self = std::make_shared<unary_attempt>();
  const auto started = clock::now();
  self->call_ = client.fetch(std::move(request), max_unary_bytes,
                             [self, started, watched = std::move(watched),
                              on_over = std::move(on_over)](net::call_outcome x) {
                               if (watched.observer != nullptr)
                                 report(watched, x, started);
                               self->outcome_ = std::move(x);
                               on_over();
                             });
  return self;
}

} // namespace troupe::model_client
