// The beginning of an exchange: where it goes, and when; also where it goes on after a redirect.
#include "net/http_call.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace troupe::net {

void http_call::find_route() {
  const auto read = read_http_url(task_.request.url);
  if (const auto* problem = std::get_if<std::string_view>(&read))
    return fail(net_errc::bad_url, "unusable URL: " + std::string{*problem});
  const auto* url = std::get_if<http_url>(&read);
  const auto traffic =
    task_.take_over ? proxy_rules::traffic::websocket : proxy_rules::traffic::http;
  auto choice = pool_->proxies().pick(*url, traffic);
  if (!choice.error.empty())
    return fail(net_errc::bad_proxy, std::move(choice.error));
  route_ = route::to(*url, std::move(choice.proxy), traffic);
  if (pool_->gate().has_limit())
    queue_up();
  else
    connect();
}

void http_call::queue_up() {
  enter(step::queued, call_clock::step::queued);
  // Slots are given out on any lane, so the turn comes by way of our own.
  auto on_turn = [call = weak_from_this(), lane = pool_->lane()](exchange_gate::slot slot) {
    lane->post([call, slot = std::move(slot)] {
      if (const auto self = call.lock())
        self->on_slot(slot);
    });
  };
  if (!pool_->gate().enter(route_.key(), place_, std::move(on_turn)))
    fail(net_errc::overloaded, origin_of(route_.url) + ": the queue is full");
}

void http_call::on_slot(exchange_gate::slot slot) {
  if (step_ != step::queued)
    return;
  place_ = 0;
  slot_ = std::move(slot);
  connect();
}

void http_call::connect() {
  is_reused_ = true;
  auto link = task_.take_over ? nullptr : pool_->take(route_.key());
  if (link)
    use(std::move(link));
  else
    connect_afresh();
}

void http_call::connect_afresh() {
  is_reused_ = false;
  enter(step::connecting, call_clock::step::connecting);
  connector::settings settings{route_, task_.request.limits.connect, nullptr, pool_->verify()};
  if (route_.url.transport == http_url::scheme::https) {
    auto tls = pool_->tls();
    if (const auto* reason = std::get_if<std::string>(&tls))
      return fail(net_errc::tls_failed, *reason);
    settings.tls = std::get<asio::ssl::context*>(tls);
  }
  connector_ = std::make_shared<connector>(
    pool_->lane(), std::move(settings),
    [self = shared_from_this()](connect_result x) { self->on_connected(std::move(x)); });
  connector_->start(pool_->addresses());
}

void http_call::on_connected(connect_result result) {
  connector_.reset();
  if (result.error != net_errc::none)
    fail(result.error, std::move(result.detail));
  else
    use(std::move(result.link));
}

// False: the response is not a redirect that is followed.
bool http_call::redirect() {
  auto& request = task_.request;
  const auto& head = outcome_.head;
  const auto location = head.headers.find("Location");
  if (!is_redirect(head.status) || !location || request.max_redirects <= 0 || task_.take_over)
    return false;
  auto way = redirects_.follow(
    {std::move(request.method), std::move(request.url), std::move(request.headers)}, head.status,
    *location);
  if (auto* refusal = std::get_if<std::string>(&way)) {
    fail(net_errc::redirect_refused, std::move(*refusal));
    return true;
  }
  auto& onward = std::get<redirect_trail::step>(way);
  request.method = std::move(onward.next.method);
  request.url = std::move(onward.next.url);
  request.headers = std::move(onward.next.headers);
  if (onward.payload == redirect_trail::step::body::drop)
    request.body.clear();
  outcome_.head = {};
  keep_connection(); // when there is no body to be read first
  link_.reset();
  slot_.reset();
  find_route();
  return true;
}

// The connection becomes a WebSocket.
void http_call::hand_over() {
  const auto take = std::exchange(task_.take_over, nullptr);
  task_.handlers = {};
  auto link = std::move(link_);
  auto slot = std::move(slot_);
  const auto head = std::move(outcome_.head);
  close();
  take(head, std::move(link), std::move(slot));
}

} // namespace troupe::net
