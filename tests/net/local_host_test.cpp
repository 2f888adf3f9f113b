#define CAF_SUITE local_host
#include <caf/test/bdd_dsl.hpp>

#include "net/wire/local_host.hpp"

using namespace troupe::net;

SCENARIO("only names and addresses of this machine are loopback") {
  for (const auto* x : {"localhost", "LocalHost:80", "127.0.0.1", "127.0.0.1:1",
                        "127.255.3.4:65535", "[::1]", "[::1]:8080", "localhost:"})
    CHECK(names_loopback(x));
  for (const auto* x :
       {"", ":80", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "127.1",
        "128.0.0.1", "127.0.0.256", "127.0.0.1.", "127.0.0.1:80:80", "127.0.0.1:8x", "::1", "[::1",
        "[::2]", "[::1]x", "me@localhost", "localhost/", "0.0.0.0", "2130706433"})
    CHECK(!names_loopback(x));
}

SCENARIO("a request is for this machine by one Host, and by its page if it has one") {
  CHECK(!is_for_loopback({}));
  header_list local;
  local.add("host", "localhost:1");
  CHECK(is_for_loopback(local));
  for (const auto* page : {"http://localhost:3000", "https://127.0.0.1", "http://[::1]:9"}) {
    auto with_page = local;
    with_page.add("origin", page);
    CHECK(is_for_loopback(with_page));
  }
  for (const auto* page : {"null", "", "http://evil.example", "file://localhost", "http://a@b"}) {
    auto with_page = local;
    with_page.add("Origin", page);
    CHECK(!is_for_loopback(with_page));
  }
  auto two = local;
  two.add("Host", "localhost:1");
  CHECK(!is_for_loopback(two));
}
