#define CAF_SUITE ws_beast
#include <caf/test/bdd_dsl.hpp>

// Our ends of a WebSocket against Boost.Beast's, an implementation that shares no code with ours
// but the compressor.

#include "net/http_server.hpp"
#include "net/io_pool.hpp"
#include "tests/net/observed_socket.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <thread>

using namespace std::literals;
using namespace troupe::net;
using namespace troupe::net::test;

namespace beast = boost::beast;
namespace websocket = beast::websocket;
using tcp = boost::asio::ip::tcp;
using beast_socket = websocket::stream<tcp::socket>;

namespace {

// What a model stream looks like to a compressor: much that repeats, some that does not.
std::vector<std::string> sample_messages() {
  std::vector<std::string> all{"",
                               "x",
                               std::string(125, 'a'),
                               std::string(126, 'b'),
                               std::string(65'535, 'c'),
                               std::string(65'536, 'd')};
  std::uint32_t noise = 1;
  std::string growing;
  for (int i = 0; i < 300; ++i) {
    noise = noise * 1664525 + 1013904223;
    growing += R"({"type":"response.output_text.delta","delta":")" + std::to_string(noise) + "\"}";
    if (i % 20 == 0)
      all.push_back(growing);
  }
  all.emplace_back(3'000'000, 'e');
  return all;
}

websocket::permessage_deflate deflate(int window_bits, bool forgets) {
  websocket::permessage_deflate x;
  x.client_enable = x.server_enable = true;
  x.server_max_window_bits = x.client_max_window_bits = window_bits;
  x.server_no_context_takeover = x.client_no_context_takeover = forgets;
  return x;
}

void prepare(beast_socket& socket, const websocket::permessage_deflate& compression) {
  socket.set_option(compression);
  socket.read_message_max(64 * 1024 * 1024);
  socket.auto_fragment(true);
  socket.write_buffer_bytes(1000); // many fragments
}

std::string read(beast_socket& socket) {
  beast::flat_buffer buffer;
  socket.read(buffer);
  return {static_cast<const char*>(buffer.data().data()), buffer.size()};
}

struct fixture {
  io_pool pool;
  http_client client{pool};
  boost::asio::io_context context;
};

constexpr struct {
  int window_bits;
  bool forgets;
} settings[] = {{15, false}, {15, true}, {9, false}, {9, true}};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("our server and Beast's client understand each other") {
  http_server server{pool, {}, [](const server_request&, const responder& reply) {
                       auto self = std::make_shared<ws_handle>();
                       ws_handlers handlers;
                       handlers.on_text = [self](std::string_view x) {
                         self->send(std::string{x});
                       };
                       handlers.on_done = [self](const ws_outcome&) { *self = {}; };
                       *self = reply.accept_websocket(std::move(handlers));
                     }};
  CHECK_EQ(server.start().error, net_errc::none);
  for (const auto& x : settings) {
    beast_socket socket{context};
    socket.next_layer().connect({boost::asio::ip::address_v4::loopback(), server.port()});
    prepare(socket, deflate(x.window_bits, x.forgets));
    websocket::response_type answer;
    socket.handshake(answer, "localhost", "/");
    CHECK(answer.count("Sec-WebSocket-Extensions") == 1);
    for (const auto& message : sample_messages()) {
      socket.write(boost::asio::buffer(message));
      CHECK(read(socket) == message);
    }
    socket.ping("here");
    boost::system::error_code error;
    socket.close({websocket::close_code::going_away, "bye"}, error);
    CHECK(!error);
    CHECK_EQ(socket.reason().code, 1001);
  }
}

SCENARIO("our client and Beast's server understand each other") {
  tcp::acceptor acceptor{context, {boost::asio::ip::address_v4::loopback(), 0}};
  const auto url = "ws://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()) + "/";
  for (const auto& x : settings) {
    boost::system::error_code end; // a thread of its own must not check
    std::thread server{[&] {
      beast_socket socket{acceptor.accept()};
      prepare(socket, deflate(x.window_bits, x.forgets));
      socket.accept();
      for (std::size_t i = 0; i < sample_messages().size(); ++i) {
        const auto message = read(socket);
        if (i == 3)
          socket.ping("are you there");
        socket.text(true);
        socket.write(boost::asio::buffer(message));
      }
      beast::flat_buffer buffer;
      socket.read(buffer, end);
    }};
    auto ours = open(client, {.url = url});
    for (const auto& message : sample_messages())
      ours.handle.send(message);
    CHECK(ours.texts(sample_messages().size()) == sample_messages());
    CHECK(ours.head().headers.contains("Sec-WebSocket-Extensions"));
    ours.handle.close({1000, "done"});
    const auto outcome = ours.outcome();
    CHECK_EQ(outcome.error, net_errc::none);
    CHECK_EQ(outcome.closed.value_or(ws_close{}).code, 1000);
    server.join();
    CHECK(end == websocket::error::closed);
  }
}

END_FIXTURE_SCOPE()
