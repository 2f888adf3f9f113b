#include "tests/support/tcp_cutter.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <future>
#include <set>
#include <thread>
#include <utility>

namespace troupe::test {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

enum class mode { forwarding, cut, stalled };

/// One connection and its continuation.
class session : public std::enable_shared_from_this<session> {
public:
  session(tcp::socket near, asio::io_context& context) : near_(std::move(near)), far_(context) {}

  void start(const tcp::endpoint& target) {
    far_.async_connect(target, [self = shared_from_this()](const boost::system::error_code& error) {
      if (error)
        return self->close();
      self->pump(self->near_, self->far_, self->upstream_);
      self->pump(self->far_, self->near_, self->downstream_);
    });
  }

  void stall() { stalled_ = true; }

  void close() {
    boost::system::error_code ignored;
    near_.close(ignored);
    far_.close(ignored);
  }

private:
  using buffer = std::array<char, 16 * 1024>;

  void pump(tcp::socket& from, tcp::socket& to, buffer& bytes) {
    from.async_read_some(
      asio::buffer(bytes),
      [&, self = shared_from_this()](const boost::system::error_code& error, std::size_t size) {
        if (error)
          return self->close();
        if (self->stalled_)
          return; // held back for good; the next end of either side is not noticed
        asio::async_write(to, asio::buffer(bytes.data(), size),
                          [&, self](const boost::system::error_code& failure, std::size_t) {
                            if (failure)
                              return self->close();
                            self->pump(from, to, bytes);
                          });
      });
  }

  tcp::socket near_;
  tcp::socket far_;
  buffer upstream_;
  buffer downstream_;
  bool stalled_ = false;
};

} // namespace

struct tcp_cutter::state {
  explicit state(std::uint16_t target_port)
    : target(asio::ip::address_v4::loopback(), target_port),
      acceptor(context, tcp::endpoint{asio::ip::address_v4::loopback(), 0}) {
    accept();
    thread = std::thread{[this] { context.run(); }};
  }

  ~state() {
    context.stop();
    thread.join();
  }

  void accept() {
    acceptor.async_accept([this](const boost::system::error_code& error, tcp::socket socket) {
      if (error)
        return;
      take(std::move(socket));
      accept();
    });
  }

  void take(tcp::socket socket) {
    std::erase_if(sessions, [](const auto& x) { return x.expired(); });
    if (now == mode::cut)
      return;
    auto added = std::make_shared<session>(std::move(socket), context);
    sessions.insert(added);
    if (now == mode::stalled)
      stalled.push_back(added); // held open, never forwarded
    else
      added->start(target);
  }

  /// Runs `change` on the forwarder's thread and waits for it.
  template <class F>
  void apply(F change) {
    std::promise<void> done;
    asio::post(context, [&] {
      change();
      done.set_value();
    });
    done.get_future().wait();
  }

  asio::io_context context{1};
  tcp::endpoint target;
  tcp::acceptor acceptor;
  mode now = mode::forwarding;
  std::set<std::weak_ptr<session>, std::owner_less<>> sessions;
  std::vector<std::shared_ptr<session>> stalled;
  std::thread thread;
};

tcp_cutter::tcp_cutter(std::uint16_t target_port) : state_(std::make_unique<state>(target_port)) {}

tcp_cutter::~tcp_cutter() = default;

std::uint16_t tcp_cutter::port() const {
  return state_->acceptor.local_endpoint().port();
}

void tcp_cutter::cut() {
  state_->apply([this] {
    state_->now = mode::cut;
    state_->stalled.clear();
    for (const auto& x : state_->sessions)
      if (const auto open = x.lock())
        open->close();
  });
}

void tcp_cutter::stall() {
  state_->apply([this] {
    state_->now = mode::stalled;
    for (const auto& x : state_->sessions)
      if (auto open = x.lock()) {
        open->stall();
        state_->stalled.push_back(std::move(open));
      }
  });
}

void tcp_cutter::restore() {
  state_->apply([this] { state_->now = mode::forwarding; });
}

} // namespace troupe::test
