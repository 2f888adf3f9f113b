#include "net/node_links.hpp"

#include "net/accept_loop.hpp"
#include "net/io_pool.hpp"
#include "net/link_session.hpp"
#include "net/resolve.hpp"

#include <boost/asio/connect.hpp>

#include <future>
#include <utility>

namespace troupe::net {

using boost::system::error_code;

namespace {

/// What is accepted becomes a session.
void begin_session(const std::shared_ptr<link_hub>& hub, tcp_socket socket) {
  error_code gone;
  const auto peer = socket.remote_endpoint(gone);
  if (gone)
    return;
  std::make_shared<link_session>(hub, std::move(socket),
                                 link_session::start_point{.side = basp_side::acceptor,
                                                           .address = peer.address().to_string(),
                                                           .expected = {},
                                                           .on_dialled = {}})
    ->start();
}

/// Look-up and connection; the session goes on from there.
class link_dial : public conversation, public std::enable_shared_from_this<link_dial> {
public:
  link_dial(std::shared_ptr<link_hub> hub, link_session::start_point from)
    : hub_(std::move(hub)), from_(std::move(from)), deadline_(hub_->lane->context()),
      resolver_(hub_->lane->context()), socket_(hub_->lane->context()) {}

  void start(const std::string& host, std::uint16_t port) {
    if (hub_->is_stopped())
      return fail("the node is stopping");
    hub_->lane->enrol(*this);
    deadline_.expires_after(hub_->options.limits.handshake);
    deadline_.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error)
        self->fail("no answer in time");
    });
    if (resolve(resolver_, host, port,
                [self = shared_from_this()](const error_code& error, auto found) {
                  self->on_resolved(error, found);
                }))
      fail("no thread for look-ups is to be had");
  }

  void abandon() override { fail("the node is stopping"); }

private:
  void on_resolved(const error_code& error, const tcp_resolver::results_type& found) {
    if (!from_.on_dialled)
      return;
    if (error)
      return fail("no such host");
    asio::async_connect(socket_, found,
                        [self = shared_from_this()](const error_code& failure, const auto&) {
                          if (!self->from_.on_dialled)
                            return;
                          if (failure)
                            return self->fail("nothing listens there");
                          self->go_on();
                        });
  }

  void go_on() {
    deadline_.cancel();
    std::make_shared<link_session>(
      hub_, std::move(socket_),
      link_session::start_point{from_.side, from_.address, from_.expected,
                                std::exchange(from_.on_dialled, nullptr)})
      ->start();
    if (is_linked())
      unlink();
  }

  void fail(const char* why) {
    const auto done = std::exchange(from_.on_dialled, nullptr);
    if (!done)
      return;
    deadline_.cancel();
    resolver_.cancel();
    error_code ignored;
    socket_.close(ignored);
    if (is_linked())
      unlink();
    done({{}, {}, why});
  }

  std::shared_ptr<link_hub> hub_;
  link_session::start_point from_;
  steady_timer deadline_;
  tcp_resolver resolver_;
  tcp_socket socket_;
};

} // namespace

struct node_links::state {
  std::shared_ptr<link_hub> hub;
  std::shared_ptr<accept_loop> listener; // between `listen` and `accept`
};

std::variant<std::unique_ptr<node_links>, std::string> node_links::open(const io_pool& pool,
                                                                        link_options options) {
  auto loaded = config::load(options.files);
  if (auto* problem = std::get_if<std::string>(&loaded))
    return std::move(*problem);
  auto& material = std::get<config::tls_material>(loaded);
  if (!make_link_context(material))
    return options.files.certificate + ": OpenSSL cannot use it";
  auto made = std::make_unique<state>();
  made->hub = std::make_shared<link_hub>(pool.lanes()[pool.pick_lane()], std::move(options),
                                         std::move(material));
  return std::unique_ptr<node_links>{new node_links{std::move(made)}};
}

node_links::node_links(std::unique_ptr<state> x) : state_(std::move(x)) {}

node_links::~node_links() {
  stop();
}

const config::node_identity& node_links::identity() const {
  return state_->hub->identity;
}

std::variant<std::uint16_t, std::string> node_links::listen(const std::string& host,
                                                            std::uint16_t port) {
  auto& context = state_->hub->lane->context();
  error_code error;
  tcp_resolver names{context};
  const auto found =
    names.resolve(host, std::to_string(port),
                  asio::ip::resolver_base::passive | tcp_resolver::numeric_service, error);
  if (error)
    return error.message();
  auto listener = std::make_shared<accept_loop>(state_->hub->lane);
  if (const auto failure = listener->open(found.begin()->endpoint()))
    return failure.message();
  state_->listener = listener;
  return listener->port();
}

void node_links::accept(std::function<void(int)> admit) {
  state_->hub->lane->dispatch([hub = state_->hub,
                               listener = std::exchange(state_->listener, nullptr),
                               admit = std::move(admit)]() mutable {
    if (!listener || hub->is_stopped())
      return;
    hub->admit = std::move(admit);
    hub->close_listener = [weak = std::weak_ptr{listener}] {
      if (const auto open = weak.lock())
        open->abandon();
    };
    listener->start({.next_seat =
                       [hub] {
                         return accept_loop::seat{hub->lane->context(), [hub](tcp_socket socket) {
                                                    begin_session(hub, std::move(socket));
                                                  }};
                       },
                     .on_refused = {}});
  });
}

void node_links::dial(const std::string& host, std::uint16_t port, const std::string& node,
                      std::function<void(dialled_link)> done) {
  const auto address = host + ':' + std::to_string(port);
  state_->hub->lane->post(
    [hub = state_->hub, host, port, address, node, done = std::move(done)]() mutable {
      std::make_shared<link_dial>(hub, link_session::start_point{.side = basp_side::dialler,
                                                                 .address = address,
                                                                 .expected = node,
                                                                 .on_dialled = std::move(done)})
        ->start(host, port);
    });
}

int node_links::take(const std::string& ticket) {
  return state_->hub->take(ticket);
}

std::optional<std::string> node_links::name_of(std::string_view node_id) const {
  return state_->hub->name_of(node_id);
}

void node_links::stop() {
  const auto& lane = state_->hub->lane;
  const bool may_wait = !lane->is_current();
  const auto done = std::make_shared<std::promise<void>>();
  auto stopped = done->get_future();
  const bool runs = lane->dispatch([hub = state_->hub, done] {
    hub->stop();
    done->set_value();
  });
  if (runs && may_wait)
    stopped.wait();
}

} // namespace troupe::net
