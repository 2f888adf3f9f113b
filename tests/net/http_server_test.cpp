#define CAF_SUITE http_server
#include <caf/test/bdd_dsl.hpp>

#include "net/http_client.hpp"
#include "net/http_server.hpp"
#include "net/io_pool.hpp"
#include "tests/net/observed_call.hpp"
#include "tests/net/raw_peer.hpp"

#include <functional>
#include <future>
#include <thread>

using namespace std::literals;
using namespace troupe::net;
using namespace troupe::net::test;

namespace {

struct fixture {
  io_pool pool;
  std::unique_ptr<http_server> server;

  raw_connection serve(http_server::handler on_request, server_options options = {}) {
    server = std::make_unique<http_server>(pool, std::move(options), std::move(on_request));
    CHECK_EQ(server->start().error, net_errc::none);
    return raw_connection::to(server->port());
  }

  // A server that answers with what it got.
  raw_connection serve_echo(server_options options = {}) {
    return serve(
      [](server_request x, const responder& reply) {
        reply.answer(200, {}, x.method + " " + x.target + " " + x.body);
      },
      std::move(options));
  }

  // Everything posted to the I/O thread so far has run.
  void settle() {
    std::promise<void> done;
    pool.post([&] { done.set_value(); });
    done.get_future().wait();
  }
};

std::string ok(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string{body};
}

constexpr auto simple_get = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n"sv;

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("requests of every framing arrive whole, however they are cut") {
  const struct {
    std::string request;
    std::string answer;
  } cases[] = {
    {"GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a?b=c "},
    {"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello", "POST /p hello"},
    {"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", "POST /p "},
    {"PUT /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
     "chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
     "PUT /p hello"},
  };
  auto peer = serve_echo();
  for (const auto& x : cases)
    for (std::size_t cut = 1; cut <= x.request.size(); ++cut) {
      peer.write(std::string_view{x.request}.substr(0, cut));
      settle();
      peer.write(std::string_view{x.request}.substr(cut));
      CHECK_EQ(peer.read_message(), ok(x.answer));
    }
  CHECK_EQ(server->connections(), 1u);
}

SCENARIO("requests sent ahead are answered in order") {
  auto peer = serve_echo();
  std::string all, answers;
  for (int i = 0; i < 500; ++i) {
    const auto number = std::to_string(i);
    all += "POST /" + number + " HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc";
    answers += ok("POST /" + number + " abc");
  }
  std::thread writer{[&] { peer.write(all); }};
  CHECK_EQ(peer.read_bytes(answers.size()), answers);
  writer.join();
}

SCENARIO("many requests sent ahead and dropped by the handler are all answered") {
  auto peer = serve([](const server_request&, const responder&) {});
  std::string all;
  for (int i = 0; i < 5000; ++i)
    all += simple_get;
  std::thread writer{[&] { peer.write(all); }};
  for (int i = 0; i < 5000; ++i)
    CHECK(peer.read_message().starts_with("HTTP/1.1 500 "));
  writer.join();
}

SCENARIO("requests sent ahead wait while a slow one is answered") {
  std::vector<responder> slow;
  std::promise<void> first, second;
  auto peer = serve([&](const server_request&, const responder& reply) {
    slow.push_back(reply);
    (slow.size() == 1 ? first : second).set_value();
  });
  peer.write(simple_get);
  peer.write(simple_get);
  first.get_future().wait();
  settle();
  CHECK_EQ(slow.size(), 1u);
  slow[0].answer(200, {}, "one"); // from another thread
  CHECK_EQ(peer.read_message(), ok("one"));
  second.get_future().wait();
  slow[1].answer(200, {}, "two");
  CHECK_EQ(peer.read_message(), ok("two"));
  slow[0].answer(200, {}, "late"); // of a request long answered: no effect
  slow[1].cut(responder::cut_mode::reset);
  settle();
  CHECK_EQ(server->connections(), 1u);
}

SCENARIO("a large body arrives whole") {
  std::promise<std::string> body;
  auto peer = serve([&](server_request x, const responder& reply) {
    body.set_value(std::move(x.body));
    reply.answer(200, {}, "");
  });
  const std::string sent(10'000'000, 'x');
  peer.write("POST / HTTP/1.1\r\nContent-Length: 10000000\r\n\r\n" + sent);
  CHECK(body.get_future().get() == sent);
  CHECK_EQ(peer.read_message(), ok(""));
}

SCENARIO("headers of a request are read without case, those of an answer are sent") {
  auto peer = serve([](const server_request& x, const responder& reply) {
    header_list headers;
    headers.set("X-Seen", x.headers.find("x-TEST").value_or("none"));
    reply.answer(404, headers, "");
  });
  peer.write("GET / HTTP/1.1\r\nX-Test:  a b \r\n\r\n");
  CHECK_EQ(peer.read_message(),
           "HTTP/1.1 404 Not Found\r\nX-Seen: a b\r\nContent-Length: 0\r\n\r\n");
}

SCENARIO("pieces written inside the handler travel together, each as its own chunk") {
  auto peer = serve([](const server_request&, const responder& reply) {
    reply.start_stream(200, {});
    reply.write("data: a\n\n");
    reply.write("");
    reply.write("data: 0123456789\n\n");
    reply.finish();
  });
  const auto answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                      "9\r\ndata: a\n\n\r\n12\r\ndata: 0123456789\n\n\r\n0\r\n\r\n"s;
  for (int i = 0; i < 2; ++i) {
    peer.write(simple_get);
    CHECK_EQ(peer.read_bytes(answer.size()), answer);
  }
}

SCENARIO("pieces written later arrive as they are written") {
  std::promise<responder> waiting;
  auto peer = serve([&](const server_request&, responder reply) {
    reply.start_stream(200, {});
    waiting.set_value(std::move(reply));
  });
  peer.write(simple_get);
  CHECK_EQ(peer.read_until("\r\n\r\n"), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  const auto reply = waiting.get_future().get();
  std::promise<net_errc> sent;
  reply.write("a", [&](net_errc x) { sent.set_value(x); });
  CHECK_EQ(peer.read_bytes(6), "1\r\na\r\n");
  CHECK_EQ(sent.get_future().get(), net_errc::none);
  reply.finish();
  CHECK_EQ(peer.read_bytes(5), "0\r\n\r\n");
}

SCENARIO("a stream paced by its own notices ends and the next request is served") {
  std::function<void(responder, int)> next = [&](responder reply, int left) {
    if (left == 0)
      reply.finish();
    else
      reply.write("x", [&next, reply, left](net_errc) { next(reply, left - 1); });
  };
  auto peer = serve([&](const server_request&, const responder& reply) {
    reply.start_stream(200, {});
    next(reply, 100);
  });
  peer.write(simple_get);
  peer.write(simple_get); // waits for its turn
  for (int i = 0; i < 2; ++i) {
    peer.read_until("\r\n\r\n");
    std::string body;
    for (int k = 0; k < 100; ++k)
      body += "1\r\nx\r\n";
    CHECK_EQ(peer.read_until("0\r\n\r\n"), body + "0\r\n\r\n");
  }
}

SCENARIO("HTTP/1.0 clients get no chunks and an end by closing") {
  auto peer = serve([](const server_request&, const responder& reply) {
    reply.start_stream(200, {});
    reply.write("abc");
    reply.finish();
  });
  peer.write("GET / HTTP/1.0\r\n\r\n");
  CHECK_EQ(peer.read_to_end(), "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc");
}

SCENARIO("a client that wants the connection closed gets that") {
  auto peer = serve_echo();
  peer.write("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
  CHECK_EQ(peer.read_to_end(),
           "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 6\r\n\r\nGET / ");
}

SCENARIO("the answer to HEAD has a length but no body") {
  auto peer = serve_echo();
  peer.write("HEAD / HTTP/1.1\r\n\r\n");
  peer.write(simple_get);
  CHECK_EQ(peer.read_until("\r\n\r\n"), "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n");
  CHECK_EQ(peer.read_message(), ok("GET /x "));
}

SCENARIO("a client that asks first is told to continue") {
  auto peer = serve_echo();
  peer.write("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  CHECK_EQ(peer.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  peer.write("ok");
  CHECK_EQ(peer.read_message(), ok("POST / ok"));
}

SCENARIO("what is not a request is refused with a status and a closed connection") {
  const struct {
    std::string text;
    std::string status;
  } cases[] = {
    {"hello\r\n\r\n", "HTTP/1.1 400 "},
    {"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 400 "},
    {"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 400 "},
    {"GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n", "HTTP/1.1 431 "},
    {"POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\n", "HTTP/1.1 413 "},
    {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nB\r\n0123456789a\r\n", "HTTP/1.1 413 "},
  };
  auto unused = serve_echo({.max_body_bytes = 10});
  for (const auto& x : cases) {
    auto peer = raw_connection::to(server->port());
    peer.write(x.text);
    CHECK(peer.read_to_end().starts_with(x.status));
  }
}

SCENARIO("a refusal reaches a client that is still sending") {
  auto peer = serve_echo({.max_body_bytes = 10});
  peer.write("POST / HTTP/1.1\r\nContent-Length: 50000\r\n\r\n" + std::string(50'000, 'x'));
  CHECK(peer.read_to_end().starts_with("HTTP/1.1 413 "));
}

SCENARIO("a request that is dropped unanswered is answered 500") {
  auto peer = serve([](const server_request&, const responder&) {});
  peer.write(simple_get);
  CHECK(peer.read_message().starts_with("HTTP/1.1 500 "));
}

SCENARIO("a stream whose responder is dropped is cut off") {
  auto peer = serve([](const server_request&, const responder& reply) {
    reply.start_stream(200, {});
    reply.write("abc");
  });
  peer.write(simple_get);
  CHECK(peer.read_to_end().ends_with("3\r\nabc\r\n"));
}

SCENARIO("a cut stream ends without its last chunk, a reset one with an error") {
  auto peer = serve([](const server_request& x, const responder& reply) {
    reply.start_stream(200, {});
    reply.write("abc");
    reply.cut(x.target == "/cut" ? responder::cut_mode::close : responder::cut_mode::reset);
  });
  http_client client{pool};
  auto cut = get(client, server->origin() + "/cut");
  CHECK_EQ(cut.outcome().error, net_errc::closed_early);
  CHECK_EQ(cut.text(), "abc");
  auto reset = get(client, server->origin() + "/reset");
  const auto outcome = reset.outcome();
  CHECK_EQ(outcome.error, net_errc::closed_early);
  CHECK_NE(outcome.detail.find("reset"), std::string::npos);
}

SCENARIO("a hanging request stays open until the client leaves, which is noticed") {
  std::promise<void> hanging, gone;
  auto peer = serve([&](const server_request&, const responder& reply) {
    reply.on_disconnect([&] { gone.set_value(); });
    reply.hang();
    hanging.set_value();
  });
  peer.write(simple_get);
  hanging.get_future().wait();
  settle();
  CHECK_EQ(server->connections(), 1u);
  peer.close();
  gone.get_future().wait();
  settle();
  CHECK_EQ(server->connections(), 0u);
}

SCENARIO("a client that leaves in mid-stream is noticed, later operations are told") {
  std::promise<responder> waiting;
  std::promise<void> gone;
  auto peer = serve([&](const server_request&, const responder& reply) {
    reply.start_stream(200, {});
    reply.on_disconnect([&] { gone.set_value(); });
    waiting.set_value(reply);
  });
  peer.write(simple_get);
  const auto reply = waiting.get_future().get();
  peer.reset();
  gone.get_future().wait();
  std::promise<net_errc> sent;
  reply.write("x", [&](net_errc x) { sent.set_value(x); });
  CHECK_EQ(sent.get_future().get(), net_errc::closed_early);
  std::promise<void> told;
  reply.on_disconnect([&] { told.set_value(); });
  told.get_future().wait();
}

SCENARIO("a regular end is not a disconnect") {
  bool called = false;
  auto peer = serve([&](const server_request&, const responder& reply) {
    reply.on_disconnect([&] { called = true; });
    reply.answer(200, {}, "");
  });
  peer.write(simple_get);
  peer.read_message();
  peer.close();
  server->stop();
  CHECK(!called);
}

SCENARIO("a reader that is slow makes the unsent bytes visible and its stream waits") {
  std::promise<responder> waiting;
  auto peer = serve([&](const server_request&, const responder& reply) {
    reply.start_stream(200, {});
    waiting.set_value(reply);
  });
  peer.write(simple_get);
  const auto reply = waiting.get_future().get();
  std::promise<net_errc> sent;
  reply.write(std::string(30'000'000, 'x'), [&](net_errc x) { sent.set_value(x); });
  auto all_sent = sent.get_future();
  settle();
  CHECK(reply.unsent_bytes() > 0);
  CHECK(all_sent.wait_for(0s) == std::future_status::timeout);
  reply.finish();
  peer.read_until("1c9c380\r\n");
  CHECK_EQ(peer.read_bytes(30'000'000).size(), 30'000'000u);
  CHECK_EQ(peer.read_bytes(7), "\r\n0\r\n\r\n");
  CHECK_EQ(all_sent.get(), net_errc::none);
  CHECK_EQ(reply.unsent_bytes(), 0u);
}

SCENARIO("a reader that never reads is cut at the limit of unsent bytes") {
  std::promise<void> gone;
  std::promise<responder> waiting;
  auto peer = serve(
    [&](const server_request&, const responder& reply) {
      reply.start_stream(200, {});
      waiting.set_value(reply);
    },
    {.max_unsent_bytes = 1'000'000});
  peer.write(simple_get);
  const auto reply = waiting.get_future().get();
  net_errc last = net_errc::none;
  while (last == net_errc::none) { // what the sockets take does not count
    std::promise<net_errc> sent;
    reply.write(std::string(900'000, 'x'));
    reply.write(std::string(900'000, 'x'), [&](net_errc x) { sent.set_value(x); });
    last = sent.get_future().get();
  }
  CHECK_EQ(last, net_errc::closed_early);
}

SCENARIO("connections that stay silent or send half a request are closed") {
  auto silent = serve_echo({.request_limit = 5ms, .idle_limit = 5ms});
  CHECK_EQ(silent.read_to_end(), "");
  auto half = raw_connection::to(server->port());
  half.write("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc");
  CHECK_EQ(half.read_to_end(), "");
}

SCENARIO("a port in use is an error with the address") {
  auto peer = serve_echo();
  http_server second{
    pool, {.port = server->port()}, [](const server_request&, const responder&) {}};
  const auto result = second.start();
  CHECK_EQ(result.error, net_errc::listen_failed);
  CHECK_NE(result.detail.find(std::to_string(server->port())), std::string::npos);
}

SCENARIO("after stopping no connection is left and no handler is called") {
  auto calls = std::make_shared<int>(0);
  auto peer = serve([calls](const server_request&, const responder& reply) {
    ++*calls;
    reply.answer(200, {}, "");
  });
  peer.write(simple_get);
  peer.read_message();
  server->stop();
  CHECK_EQ(peer.read_to_end(), "");
  CHECK_EQ(*calls, 1);
  server->stop();
  server.reset();
  pool.stop();
  CHECK_EQ(calls.use_count(), 1);
}

SCENARIO("a responder may outlive the server and the pool") {
  responder kept;
  {
    io_pool brief;
    std::promise<void> arrived;
    http_server small{brief, {}, [&](const server_request&, const responder& reply) {
                        kept = reply;
                        arrived.set_value();
                      }};
    CHECK_EQ(small.start().error, net_errc::none);
    auto peer = raw_connection::to(small.port());
    peer.write(simple_get);
    arrived.get_future().wait();
  }
  kept.answer(200, {}, "");
  kept.cut(responder::cut_mode::reset);
}

SCENARIO("several lanes share the connections of one server and client") {
  io_pool wide{3};
  http_server shared{
    wide, {}, [](const server_request&, const responder& reply) { reply.answer(200, {}, "x"); }};
  CHECK_EQ(shared.start().error, net_errc::none);
  http_client client{wide};
  std::vector<observed_call> calls;
  for (int i = 0; i < 300; ++i)
    calls.push_back(get(client, shared.origin() + "/"));
  for (auto& call : calls)
    CHECK_EQ(call.outcome().error, net_errc::none);
}

END_FIXTURE_SCOPE()
