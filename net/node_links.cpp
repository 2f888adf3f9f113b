#include "net/node_links.hpp"

#include "net/io_pool.hpp"
#include "net/limits.hpp"
#include "net/link_session.hpp"
#include "net/resolve.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/connect.hpp>

#include <future>
#include <utility>

namespace troupe::net {

using boost::system::error_code;

namespace {

using acceptor = asio::basic_socket_acceptor<asio::ip::tcp, io_executor>;

constexpr std::chrono::milliseconds next_accept_pause{50};

class link_listener : public conversation, public std::enable_shared_from_this<link_listener> {
public:
  link_listener(std::shared_ptr<link_hub> hub, acceptor socket)
    : hub_(std::move(hub)), acceptor_(std::move(socket)), pause_(hub_->lane->context()) {}

  void start() {
    hub_->lane->enrol(*this);
    hub_->close_listener = [listener = weak_from_this()] {
      if (const auto self = listener.lock())
        self->abandon();
    };
    accept();
  }

  void abandon() override {
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    if (is_linked())
      unlink();
  }

private:
  void accept() {
    acceptor_.async_accept([self = shared_from_this()](const error_code& error, tcp_socket socket) {
      if (!self->acceptor_.is_open())
        return;
      if (error)
        return self->accept_later();
      error_code gone;
      const auto peer = socket.remote_endpoint(gone);
      if (!gone)
        std::make_shared<link_session>(
          self->hub_, std::move(socket),
          link_session::start_point{.side = basp_side::acceptor,
                                    .address = peer.address().to_string(),
                                    .expected = {},
                                    .on_dialled = {}})
          ->start();
      self->accept();
    });
  }

  /// No descriptors are left: the connection waits in the backlog.
  void accept_later() {
    pause_.expires_after(next_accept_pause);
    pause_.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error && self->acceptor_.is_open())
        self->accept();
    });
  }

  std::shared_ptr<link_hub> hub_;
  acceptor acceptor_;
  steady_timer pause_;
};

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
  std::shared_ptr<link_listener> listener; // between `listen` and `accept`
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
  acceptor socket{context};
  const auto endpoint = found.begin()->endpoint();
  socket.open(endpoint.protocol(), error);
  if (!error)
    socket.set_option(asio::socket_base::reuse_address{true}, error);
  if (!error)
    socket.bind(endpoint, error);
  if (!error)
    socket.listen(listen_backlog, error);
  if (error)
    return error.message();
  const auto bound = socket.local_endpoint(error).port();
  state_->listener = std::make_shared<link_listener>(state_->hub, std::move(socket));
  return bound;
}

void node_links::accept(std::function<void(int)> admit) {
  state_->hub->lane->dispatch([hub = state_->hub,
                               listener = std::exchange(state_->listener, nullptr),
                               admit = std::move(admit)]() mutable {
    if (!listener || hub->is_stopped())
      return;
    hub->admit = std::move(admit);
    listener->start();
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
