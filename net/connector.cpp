#include "net/connector.hpp"

#include "net/tls_context.hpp"

#include <utility>

namespace troupe::net {

using boost::system::error_code;

std::string origin_of(const http_url& url) {
  return (url.transport == http_url::scheme::https ? "https://" : "http://") + url.host_header;
}

route route::to(http_url url, std::optional<proxy_address> proxy, proxy_rules::traffic traffic) {
  route result{kind::direct, std::move(url), std::move(proxy)};
  if (result.proxy) {
    const bool tunnels =
      traffic == proxy_rules::traffic::websocket || result.url.transport == http_url::scheme::https;
    result.how = tunnels ? kind::tunnel : kind::forward;
  }
  return result;
}

std::string route::key() const {
  return proxy ? proxy->name + ' ' + origin_of(url) : origin_of(url);
}

std::string route::first_hop() const {
  return proxy ? "proxy " + proxy->name : origin_of(url);
}

connector::connector(std::shared_ptr<io_lane> lane, settings x, completion on_done)
  : lane_(std::move(lane)), settings_(std::move(x)), on_done_(std::move(on_done)),
    deadline_(lane_->context()) {}

void connector::start(address_book& addresses) {
  const auto& way = settings_.way;
  addresses.look_up(way.proxy ? way.proxy->host : way.url.host,
                    way.proxy ? way.proxy->port : way.url.port,
                    [self = shared_from_this()](const error_code& error, const auto& found) {
                      self->on_resolved(error, found);
                    });
}

void connector::cancel() {
  on_done_ = nullptr;
  deadline_.cancel();
  if (const auto running = std::exchange(race_, nullptr))
    running->cancel();
  if (link_)
    link_->link.close();
}

// ---- connecting ---------------------------------------------------------------------------------

void connector::on_resolved(const error_code& error, const address_book::endpoints& found) {
  if (!on_done_)
    return;
  if (error || found.empty()) {
    complete(net_errc::dns_failed,
             settings_.way.first_hop() + ": " + (error ? error.message() : "no address"));
    return;
  }
  race_ = std::make_shared<address_race>(
    lane_, by_turns(found), settings_.limit,
    [self = shared_from_this()](address_race::result x) { self->on_connected(std::move(x)); });
  race_->start();
}

void connector::on_connected(address_race::result result) {
  race_.reset();
  if (result.error != net_errc::none)
    return complete(result.error, settings_.way.first_hop() + ": " + result.detail);
  link_ = std::move(result.link);
  link_->key = settings_.way.key();
  link_->link.send_without_delay();
  if (settings_.way.how == route::kind::tunnel)
    open_tunnel();
  else
    secure();
}

// ---- proxy --------------------------------------------------------------------------------------

void connector::open_tunnel() {
  set_deadline();
  tunnel_request_ = tunnel_request();
  out_ = asio::buffer(tunnel_request_);
  link_->link.async_write(buffer_view{&out_, 1},
                          [self = shared_from_this()](const error_code& error) {
                            if (!self->on_done_)
                              return;
                            if (error)
                              self->fail_tunnel(error);
                            else
                              self->read_tunnel_answer();
                          });
}

std::string connector::tunnel_request() const {
  const auto& url = settings_.way.url;
  const bool is_v6 = url.host.find(':') != std::string::npos;
  const auto target =
    (is_v6 ? '[' + url.host + ']' : url.host) + ':' + std::to_string(url.port); // port always
  auto text = "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n";
  if (const auto& secret = settings_.way.proxy->authorization; !secret.empty())
    text += "Proxy-Authorization: " + secret + "\r\n";
  return text + "\r\n";
}

void connector::read_tunnel_answer() {
  link_->link.async_read_some(link_->input.space(),
                              [self = shared_from_this()](const error_code& error, std::size_t n) {
                                if (!self->on_done_)
                                  return;
                                if (error)
                                  return self->fail_tunnel(error);
                                self->link_->input.commit(n);
                                self->on_tunnel_answer();
                              });
}

void connector::on_tunnel_answer() {
  auto& input = link_->input;
  const auto result = tunnel_answer_.parse_head(input.unread());
  input.consume(result.used);
  const auto asked = settings_.way.first_hop() + ", asked for " + origin_of(settings_.way.url);
  if (result.error != net_errc::none)
    return complete(net_errc::proxy_refused, asked + ": its answer is no HTTP response head");
  if (!tunnel_answer_.head_is_done())
    return read_tunnel_answer();
  const auto status = tunnel_answer_.head().status;
  if (status / 100 != 2) {
    const auto* hint = status == 407 ? " (it wants a user and password)" : "";
    return complete(net_errc::proxy_refused,
                    asked + ": it answered " + std::to_string(status) + hint);
  }
  if (!input.empty()) // an origin never speaks first, so this would be read as its answer
    return complete(net_errc::proxy_refused, asked + ": it sent more than a response head");
  input.release();
  secure();
}

void connector::fail_tunnel(const error_code& error) {
  const auto asked = settings_.way.first_hop() + ", asked for " + origin_of(settings_.way.url);
  if (timed_out_)
    complete(net_errc::timed_out_connect, asked + ": no answer");
  else
    complete(net_errc::proxy_refused, asked + ": " + error.message());
}

// ---- TLS ----------------------------------------------------------------------------------------

void connector::secure() {
  if (settings_.tls == nullptr)
    return complete(net_errc::none, {});
  const auto& url = settings_.way.url;
  engine_ = &link_->link.add_tls(*settings_.tls);
  if (!expect_host(engine_->native_handle(), url.host, settings_.verify))
    return complete(net_errc::tls_failed, origin_of(url) + ": the host name cannot be verified");
  set_deadline();
  engine_->async_handshake(
    asio::ssl::stream_base::client,
    [self = shared_from_this()](const error_code& x) { self->on_handshake(x); });
}

void connector::on_handshake(const error_code& error) {
  if (!on_done_)
    return;
  const auto place = origin_of(settings_.way.url) + ": ";
  if (timed_out_)
    complete(net_errc::timed_out_connect, place + "no answer to the TLS handshake");
  else if (error)
    complete(net_errc::tls_failed, place + handshake_failure(engine_->native_handle(), error));
  else
    complete(net_errc::none, {});
}

void connector::set_deadline() {
  timed_out_ = false;
  deadline_.expires_after(settings_.limit);
  deadline_.async_wait([self = shared_from_this()](const error_code& error) {
    if (error || !self->on_done_)
      return;
    self->timed_out_ = true;
    self->link_->link.close(); // the step completes with an error
  });
}

void connector::complete(net_errc error, const std::string& why) {
  deadline_.cancel();
  connect_result result;
  result.error = error;
  if (error == net_errc::none)
    result.link = std::move(link_);
  else
    result.detail = why;
  std::exchange(on_done_, nullptr)(std::move(result));
}

} // namespace troupe::net
