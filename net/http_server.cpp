#include "net/http_server.hpp"

#include "net/http_session.hpp"
#include "net/io_pool.hpp"
#include "net/tls_context.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <future>
#include <utility>
#include <vector>

namespace troupe::net {

using boost::system::error_code;
using acceptor = asio::basic_socket_acceptor<asio::ip::tcp, io_executor>;

namespace {

// After a failed accept (no descriptors left): the connection waits in the backlog, so look again
// soon. Meanwhile those that have waited longest give theirs back.
constexpr std::chrono::milliseconds accept_pause{50};

// The sessions of one server on one lane.
class session_list : public conversation, public std::enable_shared_from_this<session_list> {
public:
  session_list(std::shared_ptr<io_lane> lane, std::shared_ptr<server_core> core)
    : around_{std::move(lane), core, std::make_shared<waiting_room>(core->options.max_waiting)} {}

  const std::shared_ptr<io_lane>& lane() const { return around_.lane; }

  void add(tcp_socket socket) {
    if (is_closed_)
      return;
    const auto session = std::make_shared<http_session>(around_, std::move(socket));
    sessions_.enrol(*session);
    session->start();
  }

  void make_room() { around_.waiting->make_room(connections_closed_for_room); }

  void abandon() override {
    is_closed_ = true;
    sessions_.abandon_all();
    if (is_linked())
      unlink();
  }

private:
  http_session::surroundings around_;
  conversation_list sessions_;
  bool is_closed_ = false;
};

// Accepts on the first lane, hands the connections to all lanes in turn.
class listener : public conversation, public std::enable_shared_from_this<listener> {
public:
  listener(std::vector<std::shared_ptr<session_list>> lists)
    : lists_(std::move(lists)), acceptor_(lists_.front()->lane()->context()),
      pause_(lists_.front()->lane()->context()) {}

  error_code open(const server_options& options) {
    error_code error;
    const auto address = asio::ip::make_address(options.address, error);
    const asio::ip::tcp::endpoint endpoint{address, options.port};
    if (!error)
      acceptor_.open(endpoint.protocol(), error);
    if (!error)
      acceptor_.set_option(asio::socket_base::reuse_address{true}, error);
    if (!error)
      acceptor_.bind(endpoint, error);
    if (!error)
      acceptor_.listen(listen_backlog, error);
    return error;
  }

  std::uint16_t port() const {
    error_code error;
    return acceptor_.local_endpoint(error).port();
  }

  void accept() {
    auto& list = lists_[turn_++ % lists_.size()];
    acceptor_.async_accept(list->lane()->context(), [self = shared_from_this(), list](
                                                      const error_code& error, tcp_socket socket) {
      if (!self->acceptor_.is_open())
        return;
      if (error)
        return self->accept_later(error);
      list->lane()->dispatch(
        [list, connected = std::move(socket)]() mutable { list->add(std::move(connected)); });
      self->accept();
    });
  }

  void abandon() override {
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    if (is_linked())
      unlink();
  }

private:
  void accept_later(const error_code& why) {
    if (why == asio::error::no_descriptors ||
        why == boost::system::errc::too_many_files_open_in_system)
      for (const auto& list : lists_)
        list->lane()->dispatch([list] { list->make_room(); });
    pause_.expires_after(accept_pause);
    pause_.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error && self->acceptor_.is_open())
        self->accept();
    });
  }

  std::vector<std::shared_ptr<session_list>> lists_;
  acceptor acceptor_;
  steady_timer pause_;
  std::size_t turn_ = 0;
};

// Runs `action` on the lane and waits until it has run, unless that could wait for itself.
template <class Action>
void run_and_wait(const std::shared_ptr<io_lane>& lane, bool may_wait, Action action) {
  auto done = std::make_shared<std::promise<void>>();
  auto finished = done->get_future();
  const bool runs = lane->dispatch([done = std::move(done), action] {
    action();
    done->set_value();
  });
  if (runs && may_wait)
    finished.wait();
}

} // namespace

struct http_server::state {
  io_pool& threads;
  std::shared_ptr<server_core> core;
  std::vector<std::shared_ptr<session_list>> lists;
  std::shared_ptr<class listener> listener;
  std::uint16_t port = 0;
};

http_server::http_server(io_pool& pool, server_options options, handler on_request)
  : state_(std::make_shared<state>(pool, std::make_shared<server_core>())) {
  state_->core->options = std::move(options);
  state_->core->unfinished_bodies =
    std::make_shared<byte_budget>(state_->core->options.max_unfinished_body);
  state_->core->on_request = std::move(on_request);
}

http_server::~http_server() {
  stop();
}

http_server::start_result http_server::start() {
  auto& x = *state_;
  if (x.core->options.tls) {
    auto made = make_server_context(*x.core->options.tls);
    if (!made.context)
      return {net_errc::tls_failed, std::move(made.detail)};
    x.core->tls = std::move(made.context);
  }
  for (const auto& lane : x.threads.lanes())
    x.lists.push_back(std::make_shared<session_list>(lane, x.core));
  x.listener = std::make_shared<class listener>(x.lists);
  if (const auto error = x.listener->open(x.core->options))
    return {net_errc::listen_failed, x.core->options.address + ":" +
                                       std::to_string(x.core->options.port) + ": " +
                                       error.message()};
  x.port = x.listener->port();
  for (const auto& list : x.lists)
    list->lane()->dispatch([list] { list->lane()->enrol(*list); });
  x.lists.front()->lane()->dispatch([listener = x.listener, lane = x.lists.front()->lane()] {
    lane->enrol(*listener);
    listener->accept();
  });
  return {};
}

std::uint16_t http_server::port() const {
  return state_->port;
}

std::string http_server::origin() const {
  const auto& options = state_->core->options;
  const bool is_v6 = options.address.find(':') != std::string::npos;
  return (options.tls ? "https://" : "http://") +
         (is_v6 ? '[' + options.address + ']' : options.address) + ":" + std::to_string(port());
}

std::size_t http_server::connections() const {
  return state_->core->connections;
}

void http_server::stop() {
  auto& x = *state_;
  const bool may_wait =
    std::ranges::none_of(x.threads.lanes(), [](const auto& lane) { return lane->is_current(); });
  if (const auto open = std::exchange(x.listener, nullptr))
    run_and_wait(x.lists.front()->lane(), may_wait, [open] { open->abandon(); });
  for (const auto& list : std::exchange(x.lists, {}))
    run_and_wait(list->lane(), may_wait, [list] { list->abandon(); });
}

} // namespace troupe::net
