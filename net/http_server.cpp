#include "net/http_server.hpp"

#include "net/accept_loop.hpp"
#include "net/http_session.hpp"
#include "net/io_pool.hpp"
#include "net/tls_context.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <future>
#include <utility>
#include <vector>

namespace troupe::net {

using boost::system::error_code;

namespace {

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

using session_lists = std::vector<std::shared_ptr<session_list>>;

// Connections go to all lanes in turn.
accept_loop::seat seat_at(const std::shared_ptr<session_list>& list) {
  return {list->lane()->context(), [list](tcp_socket socket) {
            list->lane()->dispatch(
              [list, connected = std::move(socket)]() mutable { list->add(std::move(connected)); });
          }};
}

// When no descriptors are left those connections that have waited longest give theirs back.
void make_room(const session_lists& lists, const error_code& why) {
  if (why == asio::error::no_descriptors ||
      why == boost::system::errc::too_many_files_open_in_system)
    for (const auto& list : lists)
      list->lane()->dispatch([list] { list->make_room(); });
}

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
  session_lists lists;
  std::shared_ptr<accept_loop> listener;
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
  const auto& options = x.core->options;
  x.listener = std::make_shared<accept_loop>(x.lists.front()->lane());
  error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (!error)
    error = x.listener->open({address, options.port});
  if (error)
    return {net_errc::listen_failed,
            options.address + ":" + std::to_string(options.port) + ": " + error.message()};
  x.port = x.listener->port();
  for (const auto& list : x.lists)
    list->lane()->dispatch([list] { list->lane()->enrol(*list); });
  x.lists.front()->lane()->dispatch([listener = x.listener, lists = x.lists] {
    listener->start(
      {.next_seat =
         [lists, turn = std::size_t{0}]() mutable { return seat_at(lists[turn++ % lists.size()]); },
       .on_refused = [lists](const error_code& why) { make_room(lists, why); }});
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
