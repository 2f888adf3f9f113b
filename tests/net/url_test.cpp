#define CAF_SUITE url
#include <caf/test/bdd_dsl.hpp>

#include "net/wire/url.hpp"

using namespace troupe::net;

SCENARIO("a URL gives host, port, host header and target") {
  using enum http_url::scheme;
  struct {
    const char* text;
    http_url wanted;
  } cases[] = {
    {"http://localhost:11434/v1", {http, "localhost", 11434, "localhost:11434", "/v1"}},
    {"https://api.openai.com/v1/responses",
     {https, "api.openai.com", 443, "api.openai.com", "/v1/responses"}},
    {"HTTPS://API.Example.com", {https, "api.example.com", 443, "api.example.com", "/"}},
    {"http://h:80/", {http, "h", 80, "h", "/"}},
    {"https://h:80/", {https, "h", 80, "h:80", "/"}},
    {"http://h:/x", {http, "h", 80, "h", "/x"}},
    {"http://h?a=b%20c", {http, "h", 80, "h", "/?a=b%20c"}},
    {"http://h/p?q=1&r=2#fragment", {http, "h", 80, "h", "/p?q=1&r=2"}},
    {"http://h/p?", {http, "h", 80, "h", "/p?"}},
    {"http://[::1]:8080/x", {http, "::1", 8080, "[::1]:8080", "/x"}},
    {"http://127.0.0.1/a%2Fb", {http, "127.0.0.1", 80, "127.0.0.1", "/a%2Fb"}},
  };
  for (const auto& x : cases) {
    const auto url = parse_http_url(x.text);
    REQUIRE(url.has_value());
    CHECK_EQ(url->transport, x.wanted.transport);
    CHECK_EQ(url->host, x.wanted.host);
    CHECK_EQ(url->port, x.wanted.port);
    CHECK_EQ(url->host_header, x.wanted.host_header);
    CHECK_EQ(url->target, x.wanted.target);
  }
}

SCENARIO("what an HTTP client cannot use is refused") {
  for (auto text : {"",
                    "localhost",
                    "localhost:80",
                    "/v1",
                    "//h/v1",
                    "ftp://h/",
                    "ws://h/",
                    "http://",
                    "http:///x",
                    "http://:80/",
                    "http://h:0/",
                    "http://h:65536/",
                    "http://h:99999999999/",
                    "http://h:x/",
                    "http://h:8x/p",
                    "http://user@h/",
                    "http://user:secret@h/",
                    "http://h/a b",
                    "http://h/\r\nX: y",
                    "http://h/\xC3\xA9",
                    "http://[::1",
                    "http://h/%zz"})
    CHECK(!parse_http_url(text));
}

SCENARIO("what is wrong with a URL is said without quoting it") {
  for (auto [text, problem] : {std::pair{"http://h:65537/", "port is not between"},
                               {"http://h:80801/", "port is not between"},
                               {"http://h:00000000000000065617/", "port is not between"},
                               {"http://h:0/", "port is not between"},
                               {"http://me:pw@h/", "a user or a password"},
                               {"ftp://h/", "scheme"},
                               {"http://h a/", "no absolute URL"},
                               {"http://:80/", "no host"}}) {
    const auto read = read_http_url(text);
    REQUIRE(std::holds_alternative<std::string_view>(read));
    CHECK(std::get<std::string_view>(read).find(problem) != std::string_view::npos);
    CHECK(!parse_http_url(text));
  }
  CHECK_EQ(parse_http_url("http://h:65535/").value().port, 65535);
}

SCENARIO("a WebSocket's URL has the scheme of its handshake") {
  CHECK_EQ(http_form_of("ws://h:1/a?b"), "http://h:1/a?b");
  CHECK_EQ(http_form_of("WSS://h/"), "https://h/");
  CHECK_EQ(http_form_of("https://h/"), "https://h/");
  CHECK_EQ(http_form_of("wsx://h/"), "wsx://h/");
  CHECK_EQ(http_form_of("ws"), "http");
  CHECK_EQ(http_form_of(""), "");
}

SCENARIO("base and path are joined by exactly one slash") {
  CHECK_EQ(join_url("https://h/v1///", "/responses"), "https://h/v1/responses");
  CHECK_EQ(join_url("https://h/v1", "responses"), "https://h/v1/responses");
  CHECK_EQ(join_url("https://h", "//a/b/"), "https://h/a/b/");
  CHECK_EQ(join_url("https://h/", ""), "https://h/");
}

SCENARIO("query parameters are escaped, keep their order, and extend a query") {
  CHECK_EQ(with_query("http://h/p", {{"api-version", "2025-04-01"}}),
           "http://h/p?api-version=2025-04-01");
  CHECK_EQ(with_query("http://h/p?x=1", {{"b", "2"}, {"a", "3"}}), "http://h/p?x=1&b=2&a=3");
  CHECK_EQ(with_query("http://h/p", {{"a b", "c&d=e?#/+\xC3\xA9"}}),
           "http://h/p?a%20b=c%26d%3De%3F%23%2F%2B%C3%A9");
  CHECK_EQ(with_query("http://h/p", {}), "http://h/p");
  CHECK(parse_http_url(with_query("http://h/p", {{"\r\n", "\x01 \xFF"}})));
}
