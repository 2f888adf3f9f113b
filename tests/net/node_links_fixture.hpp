#pragma once

#include <caf/test/bdd_dsl.hpp>

#include "config/node_identity.hpp"
#include "net/io_pool.hpp"
#include "net/node_links.hpp"
#include "tests/net/basp_frames.hpp"
#include "tests/net/test_authority.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

/// Members of a cluster with real certificates, and peers that say what they like.
namespace node_links_fixture {

using namespace troupe;
using namespace troupe::net;
using namespace troupe::net::test;
using namespace std::chrono_literals;

/// Of a member of the cluster `c`; `start` tells apart its lives.
inline std::string id_of(const std::string& name, char start = '1') {
  auto result = node_id(start);
  const auto mark = config::node_mark({"c", name});
  return result.replace(basp_mark_at, mark.size(), mark);
}

inline std::string hello_of(const std::string& name, char start = '1') {
  return frame{.operation = 1, .payload = id_of(name, start)}.bytes();
}

inline std::string hello_of_server() {
  return frame{.operation = 0, .data = 4, .payload = id_of("server") + "rest"}.bytes();
}

namespace asio = boost::asio;
using boost::system::error_code;
using tcp_stream = asio::ip::tcp::socket;

inline config::tls_files files_of(test_authority& by, const std::string& uri, long ends = 3600) {
  const auto made = by.issue("URI:" + uri, ends);
  return {made.certificate, made.key, {}, by.bundle()};
}

inline std::string text_of(const std::string& path) {
  std::ifstream in{path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// What comes from I/O threads, in order.
template <class T>
class inbox {
public:
  void put(T x) {
    const std::lock_guard guard{mutex_};
    found_.push_back(std::move(x));
    more_.notify_all();
  }

  T take() {
    std::unique_lock lock{mutex_};
    if (!more_.wait_for(lock, 20s, [this] { return !found_.empty(); }))
      CAF_FAIL("nothing came within 20 s");
    T result = std::move(found_.front());
    found_.pop_front();
    return result;
  }

private:
  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<T> found_;
};

/// One end's view of a link: a blocking socket that is closed at the end.
class socket_end {
public:
  explicit socket_end(int fd) : fd_(fd) {}
  socket_end(socket_end&& x) noexcept : fd_(std::exchange(x.fd_, -1)) {}
  ~socket_end() { close(); }

  void close() {
    if (fd_ >= 0)
      ::close(std::exchange(fd_, -1));
  }
  /// To one who may have refused already.
  void try_send(const std::string& x) const { ::send(fd_, x.data(), x.size(), MSG_NOSIGNAL); }

  void send(const std::string& x) const {
    CHECK_EQ(::send(fd_, x.data(), x.size(), MSG_NOSIGNAL), static_cast<ssize_t>(x.size()));
  }
  /// However long it takes the other end to read.
  void send_slowly(std::string_view x) const {
    while (!x.empty()) {
      pollfd watched{fd_, POLLOUT, 0};
      if (::poll(&watched, 1, 20'000) != 1)
        return;
      const auto count = ::send(fd_, x.data(), x.size(), MSG_NOSIGNAL);
      x.remove_prefix(count > 0 ? static_cast<std::size_t>(count) : x.size());
    }
  }
  /// Up to `size` bytes; fewer: the other end closed, maybe before the socket was taken.
  std::string receive(std::size_t size) const {
    std::string result;
    if (fd_ < 0)
      return result;
    std::array<char, 4096> piece;
    while (result.size() < size) {
      pollfd watched{fd_, POLLIN, 0};
      if (::poll(&watched, 1, 20'000) != 1)
        CAF_FAIL("nothing came within 20 s");
      const auto count = ::recv(fd_, piece.data(), std::min(piece.size(), size - result.size()), 0);
      if (count <= 0)
        break;
      result.append(piece.data(), static_cast<std::size_t>(count));
    }
    return result;
  }

  /// What has come by now.
  std::string receive_what_is_there() const {
    std::string result;
    std::array<char, 4096> piece;
    for (;;) {
      const auto count = ::recv(fd_, piece.data(), piece.size(), MSG_DONTWAIT);
      if (count <= 0)
        return result;
      result.append(piece.data(), static_cast<std::size_t>(count));
    }
  }

private:
  int fd_;
};

struct fixture {
  test_authority authority;
  io_pool pool;
  inbox<std::string> reports;
  inbox<int> admitted;
  inbox<std::function<void(bool)>> settling;
  bool asks = false; // whether messages were taken
  link_limits limits;
  std::vector<std::string> members;
  std::unique_ptr<node_links> server;
  std::uint16_t port = 0;

  ~fixture() {
    server = nullptr;
    pool.stop();
  }

  std::function<void(std::vector<std::uint64_t>, std::function<void(bool)>)> asker() {
    if (!asks)
      return {};
    return [this](const std::vector<std::uint64_t>& actors, std::function<void(bool)> done) {
      CHECK_EQ(actors, std::vector<std::uint64_t>{7});
      settling.put(std::move(done));
    };
  }

  std::unique_ptr<node_links> open(const config::tls_files& files) {
    auto rules = some_rules();
    auto made = node_links::open(pool, {.files = files,
                                        .members = members,
                                        .rules = rules,
                                        .limits = limits,
                                        .settle = asker(),
                                        .report = [this](std::string_view, std::string_view x) {
                                          reports.put(std::string{x});
                                        }});
    if (const auto* problem = std::get_if<std::string>(&made))
      CAF_FAIL("not opened: " << *problem);
    return std::get<std::unique_ptr<node_links>>(std::move(made));
  }

  void listen() {
    server = open(files_of(authority, "troupe://c/server"));
    const auto bound = server->listen("127.0.0.1", 0);
    REQUIRE(std::holds_alternative<std::uint16_t>(bound));
    port = std::get<std::uint16_t>(bound);
    server->accept([this](int x) { admitted.put(x); });
  }

  /// The server's files are away when it returns: "NAME.away".
  config::tls_files listen_with_files_that_vanish() {
    const auto files = files_of(authority, "troupe://c/server");
    server = open(files);
    port = std::get<std::uint16_t>(server->listen("127.0.0.1", 0));
    server->accept([this](int x) { admitted.put(x); });
    for (const auto& x : {files.certificate, files.key, files.authority})
      std::filesystem::rename(x, x + ".away");
    return files;
  }

  config::tls_files of_kept_authority(const char* uri, const config::tls_files& server_files) {
    const auto made = authority.issue(std::string{"URI:"} + uri);
    return {made.certificate, made.key, {}, server_files.authority + ".away"};
  }

  dialled_link dial(node_links& from, const std::string& expected = {}) {
    std::promise<dialled_link> made;
    from.dial("127.0.0.1", port, expected, [&](dialled_link x) { made.set_value(std::move(x)); });
    return made.get_future().get();
  }

  /// Waits for a report with the words in it.
  std::string reported(std::string_view words) {
    for (int i = 0; i < 2000; ++i) {
      auto x = reports.take();
      if (x.find(words) != std::string::npos)
        return x;
    }
    CAF_FAIL("never reported: " << words);
  }

  tcp_stream connect(asio::io_context& context) const {
    tcp_stream socket{context};
    socket.connect({asio::ip::make_address("127.0.0.1"), port});
    return socket;
  }

  void expect_a_member_gets_in() {
    const auto member = open(files_of(authority, "troupe://c/member"));
    const auto link = dial(*member);
    REQUIRE_EQ(link.problem, "");
    const socket_end mine{member->take(link.ticket)};
    mine.send(hello_of("member"));
    const socket_end theirs{admitted.take()};
    CHECK_EQ(theirs.receive(hello_of("member").size()), hello_of("member"));
  }

  /// A TLS client by hand; the answer is why it was closed.
  void expect_refusal(asio::ssl::context& context, const std::string& bytes) {
    asio::io_context loop;
    asio::ssl::stream<tcp_stream> stream{connect(loop), context};
    error_code error;
    stream.handshake(asio::ssl::stream_base::client, error);
    if (!error)
      asio::write(stream, asio::buffer(bytes), error);
    std::array<char, 256> rest;
    while (!error)
      stream.read_some(asio::buffer(rest), error);
    CHECK(error);
  }

  asio::ssl::context client(const config::tls_files& x) {
    asio::ssl::context context{asio::ssl::context::tls_client};
    if (!x.certificate.empty()) {
      context.use_certificate_chain_file(x.certificate);
      context.use_private_key_file(x.key, asio::ssl::context::pem);
    }
    return context;
  }
};

inline bool is_closed(tcp_stream& x) {
  error_code error;
  std::array<char, 256> rest;
  while (!error)
    x.read_some(asio::buffer(rest), error);
  return error == asio::error::eof || error == asio::error::connection_reset;
}

} // namespace node_links_fixture
