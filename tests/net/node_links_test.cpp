#define CAF_SUITE node_links
#include <caf/test/bdd_dsl.hpp>

#include "tests/net/node_links_fixture.hpp"

using namespace node_links_fixture;

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
