#define CAF_SUITE node_links
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

using namespace troupe;
using namespace troupe::net;
using namespace troupe::net::test;
using namespace std::chrono_literals;

namespace {

/// Of a member of the cluster `c`; `start` tells apart its lives.
std::string id_of(const std::string& name, char start = '1') {
  auto result = node_id(start);
  const auto mark = config::node_mark({"c", name});
  return result.replace(basp_mark_at, mark.size(), mark);
}

std::string hello_of(const std::string& name, char start = '1') {
  return frame{.operation = 1, .payload = id_of(name, start)}.bytes();
}

std::string hello_of_server() {
  return frame{.operation = 0, .data = 4, .payload = id_of("server") + "rest"}.bytes();
}

namespace asio = boost::asio;
using boost::system::error_code;
using tcp_stream = asio::ip::tcp::socket;

config::tls_files files_of(test_authority& by, const std::string& uri, long ends = 3600) {
  const auto made = by.issue("URI:" + uri, ends);
  return {made.certificate, made.key, {}, by.bundle()};
}

std::string text_of(const std::string& path) {
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

bool is_closed(tcp_stream& x) {
  error_code error;
  std::array<char, 256> rest;
  while (!error)
    x.read_some(asio::buffer(rest), error);
  return error == asio::error::eof || error == asio::error::connection_reset;
}

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("two members have a link whose ends know each other and close together") {
  listen();
  const auto other = open(files_of(authority, "troupe://c/other"));
  const auto link = dial(*other, "server");
  CHECK_EQ(link.problem, "");
  CHECK_EQ(link.node, "server");
  socket_end mine{other->take(link.ticket)};
  CHECK_EQ(other->take(link.ticket), -1);
  mine.send(hello_of("other"));
  socket_end theirs{admitted.take()};
  CHECK_EQ(server->name_of(id_of("other")), std::optional<std::string>{"other"});
  CHECK_EQ(server->name_of(id_of("other", '2')), std::nullopt);
  theirs.send(hello_of_server());
  CHECK_EQ(theirs.receive(57), hello_of("other"));
  CHECK_EQ(mine.receive(61), hello_of_server());
  CHECK_EQ(other->name_of(id_of("server")), std::optional<std::string>{"server"});
  const auto large = message(210, std::string(900, 'x')).bytes();
  mine.send(large + message(1).bytes() + large);
  CHECK_EQ(theirs.receive(2 * large.size()), large + large);
  mine.close();
  CHECK_EQ(theirs.receive(1), "");
  reported("the link to node other at 127.0.0.1 was lost");
}

SCENARIO("whoever is no member of the cluster gets nothing, and the dialler learns why") {
  listen();
  test_authority foreign;
  struct attempt {
    config::tls_files files;
    std::string expected;
    std::string reason;
  };
  const attempt attempts[] = {
    {files_of(authority, "troupe://other/m"), {}, "it belongs to the cluster"},
    {files_of(authority, "troupe://c/server"), {}, "own name"},
    {files_of(authority, "troupe://c/m"), "somebody", "it is node server, not somebody"},
    {files_of(foreign, "troupe://c/m"),
     {},
     "its certificate is of another authority than that in " + foreign.bundle()},
  };
  for (const auto& x : attempts) {
    const auto from = open(x.files);
    const auto link = dial(*from, x.expected);
    CHECK_EQ(link.ticket, "");
    if (link.problem.find(x.reason) == std::string::npos)
      CAF_FAIL("not '" << x.reason << "': " << link.problem);
  }
  expect_a_member_gets_in();
}

SCENARIO("a foreign authority is named at both ends, whichever refuses") {
  listen();
  test_authority foreign;
  const auto stranger = open(files_of(foreign, "troupe://c/stranger"));
  dial(*stranger);
  reported("it does not accept this node's certificate, which is of another authority");
  auto context = client(files_of(foreign, "troupe://c/stranger")); // believes everybody
  expect_refusal(context, hello_of("stranger"));
  reported("its certificate is of another authority than that in " + authority.bundle());
  auto expired = client(files_of(authority, "troupe://c/late", -60));
  expect_refusal(expired, hello_of("late"));
  reported("its certificate has ended; issue it a new one");
  auto anonymous = client({});
  expect_refusal(anonymous, hello_of("nobody"));
  reported("it shows no certificate");
  asio::io_context loop;
  auto plain = connect(loop);
  plain.send(asio::buffer(std::string{"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"}));
  reported("it speaks no TLS 1.3");
}

SCENARIO("a dialler whose certificate is refused after its own look learns why") {
  listen();
  test_authority foreign;
  auto both = files_of(foreign, "troupe://c/member");
  std::ofstream{both.authority, std::ios::app} << text_of(authority.bundle());
  const auto member = open(both);
  const auto link = dial(*member);
  CHECK_EQ(link.problem, "");
  reported("no link to node server at 127.0.0.1:" + std::to_string(port) +
           ": it does not accept this node's certificate");
}

SCENARIO("only names on the list of members are let in") {
  members = {"member", "server"};
  listen();
  const auto denied = open(files_of(authority, "troupe://c/denied"));
  const auto link = dial(*denied);
  const socket_end mine{denied->take(link.ticket)};
  mine.try_send(hello_of("denied"));
  CHECK_EQ(mine.receive(1), "");
  reported("node denied is not among the members");
  expect_a_member_gets_in();
}

SCENARIO("what is no TLS 1.3 of a member ends in the handshake") {
  listen();
  asio::io_context loop;
  for (const auto& garbage :
       {std::string(32, '\0'), std::string(32, '\xFF'), std::string(100'000, 'x'),
        client_handshake('p'), std::string{"\x16\x03\x01\xFF\xFF", 5} + std::string(70'000, 'a')}) {
    auto plain = connect(loop);
    error_code error;
    asio::write(plain, asio::buffer(garbage), error);
    CHECK(is_closed(plain));
  }
  auto anonymous = client({});
  expect_refusal(anonymous, client_handshake('p'));
  auto nameless = client([&] {
    const auto made = authority.issue("DNS:localhost");
    return config::tls_files{made.certificate, made.key, {}, {}};
  }());
  expect_refusal(nameless, client_handshake('p'));
  auto expired = client(files_of(authority, "troupe://c/late", -60));
  expect_refusal(expired, client_handshake('p'));
  auto old = client(files_of(authority, "troupe://c/old"));
  SSL_CTX_set_max_proto_version(old.native_handle(), TLS1_2_VERSION);
  expect_refusal(old, client_handshake('p'));
  expect_a_member_gets_in();
}

SCENARIO("a member that announces too much, or speaks another protocol, is cut") {
  listen();
  auto context = client(files_of(authority, "troupe://c/greedy"));
  auto large = message(210);
  large.announced = 0xFFFF'FFFF;
  for (const auto& bytes :
       {frame{.operation = 1, .announced = 0xFFFF'FFFF}.bytes(), hello_of("greedy") + large.bytes(),
        hello_of("greedy") + hello_of("greedy"),
        std::string{"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"}})
    expect_refusal(context, bytes);
  expect_a_member_gets_in();
}

SCENARIO("a node id is its owner's, whoever shows it first") {
  listen();
  const auto thief = open(files_of(authority, "troupe://c/thief"));
  const socket_end stolen{thief->take(dial(*thief).ticket)};
  stolen.send(hello_of("member"));
  CHECK_EQ(stolen.receive(1), "");
  reported("node thief at 127.0.0.1 was not let in: its node id is not made of its name");
  CHECK_EQ(server->name_of(id_of("member")), std::nullopt);
  expect_a_member_gets_in();
}

SCENARIO("who is dialled shows an id of its own, too") {
  listen();
  const auto member = open(files_of(authority, "troupe://c/member"));
  const auto link = dial(*member);
  const socket_end mine{member->take(link.ticket)};
  mine.send(hello_of("member"));
  const socket_end theirs{admitted.take()};
  theirs.send(server_handshake('s'));
  CHECK_EQ(mine.receive(1), "");
  CHECK_EQ(member->name_of(node_id('s')), std::nullopt);
}

SCENARIO("a thousand silent connections go away, and lock no member out meanwhile") {
  limits.handshake = 2s;
  limits.lobby = {.total = 64, .per_address = 16};
  listen();
  asio::io_context loop;
  std::vector<tcp_stream> silent;
  for (int i = 0; i < 1000; ++i)
    silent.push_back(connect(loop));
  expect_a_member_gets_in();
  for (auto& x : silent)
    CHECK(is_closed(x));
}

SCENARIO("a member that is connected and says nothing goes away, too") {
  limits.handshake = 300ms;
  listen();
  const auto mute = open(files_of(authority, "troupe://c/mute"));
  const auto link = dial(*mute);
  const socket_end mine{mute->take(link.ticket)};
  CHECK_EQ(mine.receive(1), "");
}

SCENARIO("a node that floods with links loses its oldest ones") {
  limits.links_per_node = 2;
  listen();
  const auto many = open(files_of(authority, "troupe://c/many"));
  std::vector<socket_end> mine;
  std::vector<socket_end> theirs;
  for (const char node : {'a', 'b', 'c'}) {
    mine.emplace_back(many->take(dial(*many).ticket));
    mine.back().send(hello_of("many", node));
    theirs.emplace_back(admitted.take());
  }
  reported("the node has too many links");
  CHECK_EQ(mine[0].receive(1), "");
  theirs[2].send(hello_of_server());
  CHECK_EQ(mine[2].receive(61), hello_of_server());
}

SCENARIO("a node that has as many links as it may takes no more, whoever asks") {
  limits.links = 1;
  listen();
  const auto first = open(files_of(authority, "troupe://c/first"));
  const socket_end kept{first->take(dial(*first).ticket)};
  kept.send(hello_of("first"));
  const socket_end theirs{admitted.take()};
  const auto second = open(files_of(authority, "troupe://c/second"));
  const socket_end refused{second->take(dial(*second).ticket)};
  refused.try_send(hello_of("second"));
  reported("there are too many links");
  CHECK_EQ(refused.receive(1), "");
}

SCENARIO("a link that falls silent is closed at both ends") {
  limits.idle = 200ms;
  listen();
  limits.idle = 20s;
  const auto other = open(files_of(authority, "troupe://c/other"));
  const socket_end mine{other->take(dial(*other).ticket)};
  mine.send(hello_of("other"));
  const socket_end theirs{admitted.take()};
  CHECK_EQ(theirs.receive(58), hello_of("other"));
  CHECK_EQ(mine.receive(1), "");
}

SCENARIO("a member that floods is read no faster than this node's actors take it") {
  asks = true;
  limits.unsettled_messages = 10;
  listen();
  asks = false;
  const auto flooder = open(files_of(authority, "troupe://c/flooder"));
  const socket_end mine{flooder->take(dial(*flooder).ticket)};
  std::string all = hello_of("flooder");
  const auto one = message(210, std::string(900, 'x')).bytes();
  for (int i = 0; i < 2000; ++i)
    all += one;
  std::thread sending{[&] { mine.send_slowly(all); }};
  const socket_end theirs{admitted.take()};
  std::string got = theirs.receive(hello_of("flooder").size());
  std::size_t rounds = 0;
  while (got.size() < all.size() - 11 * one.size()) {
    const auto done = settling.take(); // nothing more is passed on from here
    const auto before = got.size();
    got += theirs.receive_what_is_there();
    CHECK(got.size() - before <= 10 * one.size() + 16 * 1024);
    ++rounds;
    done(true);
  }
  CHECK(rounds >= 2000 / 30);
  CHECK(all.starts_with(got));
  sending.join();
}

SCENARIO("a link whose messages nobody takes ends with the reason") {
  asks = true;
  limits.unsettled_messages = 1;
  listen();
  asks = false;
  const auto flooder = open(files_of(authority, "troupe://c/flooder"));
  const socket_end mine{flooder->take(dial(*flooder).ticket)};
  mine.send(hello_of("flooder") + message(210).bytes());
  const socket_end theirs{admitted.take()};
  settling.take()(false);
  CHECK_EQ(mine.receive(1), "");
  reported("the link to node flooder at 127.0.0.1 was lost: it sends more than this node takes");
}

SCENARIO("certificates that vanish or are another node's are told, and the last good ones kept") {
  limits.look = 0ms;
  const auto files = listen_with_files_that_vanish();
  const auto member = open(of_kept_authority("troupe://c/member", files));
  {
    const socket_end mine{member->take(dial(*member).ticket)};
    mine.send(hello_of("member"));
    const socket_end theirs{admitted.take()};
  }
  reported("the certificates read before stay in use");
  const auto other = authority.issue("URI:troupe://c/imposter");
  std::filesystem::copy(other.certificate, files.certificate);
  std::filesystem::copy(other.key, files.key);
  std::filesystem::copy(files.authority + ".away", files.authority);
  const auto link = dial(*member, "server");
  CHECK_EQ(link.problem, "");
  const socket_end again{member->take(link.ticket)};
  reported("is of another node now");
}

SCENARIO("a key that is opened to others is told, and the certificates read before are kept") {
  limits.look = 0ms;
  const auto files = files_of(authority, "troupe://c/server");
  server = open(files);
  port = std::get<std::uint16_t>(server->listen("127.0.0.1", 0));
  server->accept([this](int x) { admitted.put(x); });
  std::filesystem::permissions(files.key, std::filesystem::perms{0644});
  expect_a_member_gets_in();
  reported("chmod 600");
}

SCENARIO("renewed certificates are used without a restart") {
  limits.look = 0ms;
  const auto files = listen_with_files_that_vanish();
  test_authority renewed;
  const auto own = renewed.issue("URI:troupe://c/server");
  std::filesystem::copy(own.certificate, files.certificate);
  std::filesystem::copy(own.key, files.key);
  std::filesystem::copy(renewed.bundle(), files.authority);
  const auto newer = open(files_of(renewed, "troupe://c/newer"));
  const auto link = dial(*newer);
  CHECK_EQ(link.problem, "");
  const socket_end mine{newer->take(link.ticket)};
}

END_FIXTURE_SCOPE()
