#include "actors/model_client/unary_call_run.hpp"

#include <chrono>
#include <utility>

namespace troupe::model_client {

namespace {

using clock = std::chrono::steady_clock;

void report(const observation& to, const net::call_outcome& x) {
  request_report result{.attempt = to.attempt,
                        .status = x.head.status == 0 ? std::nullopt : std::optional{x.head.status}};
  if (x.error != net::net_errc::none)
    result.error = net::to_text(x.error);
  result.duration = std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - to.began);
  to.observer->on_request(to.call, result);
  to.tell_over({.status = result.status, .error = result.error});
}

} // namespace

std::shared_ptr<unary_attempt> unary_attempt::start(net::http_client& client,
                                                    net::http_request request, observation watched,
                                                    std::function<void()> on_over) {
  auto self = std::make_shared<unary_attempt>();
  self->call_ = client.fetch(
    std::move(request), max_unary_bytes,
    [self, watched = std::move(watched), on_over = std::move(on_over)](net::call_outcome x) {
      if (watched.observer != nullptr)
        report(watched, x);
      self->outcome_ = std::move(x);
      on_over();
    });
  return self;
}

} // namespace troupe::model_client
