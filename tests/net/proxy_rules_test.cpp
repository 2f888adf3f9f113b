#define CAF_SUITE proxy_rules
#include <caf/test/bdd_dsl.hpp>

#include "net/wire/proxy_rules.hpp"

#include <map>

using namespace troupe::net;

namespace {

using variables = std::map<std::string, std::string, std::less<>>;

proxy_rules rules_of(const variables& all) {
  return proxy_rules::from_environment([&](std::string_view name) -> std::optional<std::string> {
    const auto i = all.find(name);
    return i == all.end() ? std::nullopt : std::optional{i->second};
  });
}

proxy_rules::choice pick(const variables& all, const std::string& url,
                         proxy_rules::traffic kind = proxy_rules::traffic::http) {
  return rules_of(all).pick(parse_http_url(url).value(), kind);
}

// Name of the proxy, "" for none.
std::string proxy_for(const variables& all, const std::string& url,
                      proxy_rules::traffic kind = proxy_rules::traffic::http) {
  const auto choice = pick(all, url, kind);
  CHECK_EQ(choice.error, "");
  return choice.proxy ? choice.proxy->name : "";
}

bool is_direct(std::string_view no_proxy, const std::string& url) {
  const auto target = parse_http_url(url).value();
  return no_proxy_list{no_proxy}.matches(target.host, target.port);
}

constexpr auto websocket = proxy_rules::traffic::websocket;

} // namespace

SCENARIO("without variables nothing goes through a proxy") {
  CHECK_EQ(proxy_for({}, "http://h/"), "");
  CHECK(!proxy_rules{}.pick(parse_http_url("https://h/").value(), websocket).proxy);
}

SCENARIO("each scheme has its variable, with one for all behind") {
  const variables all{{"HTTP_PROXY", "http://a:1"}, {"HTTPS_PROXY", "http://b:2"}};
  CHECK_EQ(proxy_for(all, "http://h/"), "http://a:1");
  CHECK_EQ(proxy_for(all, "https://h/"), "http://b:2");
  CHECK_EQ(proxy_for(all, "http://h/", websocket), "http://a:1");
  CHECK_EQ(proxy_for(all, "https://h/", websocket), "http://b:2");
  const variables rest{{"HTTP_PROXY", "http://a:1"}, {"ALL_PROXY", "http://c:3"}};
  CHECK_EQ(proxy_for(rest, "https://h/"), "http://c:3");
  CHECK_EQ(proxy_for(rest, "https://h/", websocket), "http://a:1");
  CHECK_EQ(proxy_for({{"ALL_PROXY", "http://c:3"}}, "http://h/"), "http://c:3");
}

SCENARIO("upper case comes before lower case, and blank values count as unset") {
  CHECK_EQ(proxy_for({{"HTTP_PROXY", "http://a:1"}, {"http_proxy", "http://b:2"}}, "http://h/"),
           "http://a:1");
  CHECK_EQ(proxy_for({{"HTTP_PROXY", " "}, {"http_proxy", "http://b:2"}}, "http://h/"),
           "http://b:2");
  CHECK_EQ(proxy_for({{"all_proxy", "http://b:2"}, {"no_proxy", "h"}}, "http://h/"), "");
}

SCENARIO("a proxy may be given without scheme or port, and with a path") {
  CHECK_EQ(proxy_for({{"HTTP_PROXY", "proxy:3128"}}, "http://h/"), "http://proxy:3128");
  CHECK_EQ(proxy_for({{"HTTP_PROXY", "HTTP://Proxy"}}, "http://h/"), "http://proxy");
  CHECK_EQ(pick({{"HTTP_PROXY", "proxy"}}, "http://h/").proxy->port, 80);
  CHECK_EQ(proxy_for({{"HTTP_PROXY", "http://[::1]:8080/"}}, "http://h/"), "http://[::1]:8080");
  CHECK_EQ(pick({{"HTTP_PROXY", "http://[::1]:8080"}}, "http://h/").proxy->host, "::1");
}

SCENARIO(
  "user and password become basic authorization, percent escapes decoded, and no part of a name") {
  const auto choice = pick({{"HTTPS_PROXY", "http://Aladdin:open%20sesame@p:1"}}, "https://h/");
  CHECK_EQ(choice.proxy->authorization, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  CHECK_EQ(choice.proxy->name, "http://p:1");
  const auto authorization = [](const std::string& value) {
    return pick({{"HTTP_PROXY", value}}, "http://h/").proxy->authorization;
  };
  CHECK_EQ(authorization("http://u@p:1"), "Basic dTo=");         // "u:"
  CHECK_EQ(authorization("http://u:a@b@p:1"), "Basic dTphQGI="); // the last @ ends it
  CHECK_EQ(authorization("http://u:a%3Ab@p:1"), "Basic dTphOmI=");
  CHECK_EQ(authorization("p:1"), "");
}

SCENARIO("an unusable proxy is an error that names the variable and no password") {
  for (const auto* value : {"https://u:pass@p:1", "socks5://u:pass@p:1", "http://u:pass@",
                            "http://u:pass@p:0", "http://u:pass%zz@p:1", "http://u:pass%4@p:1"}) {
    const auto choice = pick({{"https_proxy", value}}, "https://h/");
    CHECK(!choice.proxy);
    CHECK(choice.error.starts_with("https_proxy: "));
    CHECK_EQ(choice.error.find("pass@"), std::string::npos);
  }
  CHECK_NE(pick({{"ALL_PROXY", "socks5://p:1"}}, "http://h/").error.find("socks5"),
           std::string::npos);
  CHECK_EQ(pick({{"ALL_PROXY", "socks5://p:1"}, {"NO_PROXY", "h"}}, "http://h/").error, "");
}

SCENARIO("HTTP_PROXY is not believed where a request's header may have set it") {
  const variables cgi{{"HTTP_PROXY", "http://evil:1"}, {"REQUEST_METHOD", "GET"}};
  CHECK_EQ(proxy_for(cgi, "http://h/"), "");
  CHECK_EQ(proxy_for(cgi, "https://h/", websocket), "");
}

SCENARIO("the sandbox that has no network has no proxies") {
  CHECK_EQ(proxy_for({{"ALL_PROXY", "http://p:1"}, {"CODEX_SANDBOX", "seatbelt"}}, "http://h/"),
           "");
  CHECK_EQ(proxy_for({{"ALL_PROXY", "http://p:1"}, {"CODEX_SANDBOX", "other"}}, "http://h/"),
           "http://p:1");
}

SCENARIO("hosts and domains are matched with everything below them and nothing beside them") {
  for (const auto* rule : {"example.com", ".example.com", "*.example.com", "EXAMPLE.com.",
                           "x, example.com ,y", ",,example.com"}) {
    CHECK(is_direct(rule, "http://example.com/"));
    CHECK(is_direct(rule, "https://api.example.com/"));
    CHECK(is_direct(rule, "http://a.b.example.com:8080/"));
    CHECK(!is_direct(rule, "http://badexample.com/"));
    CHECK(!is_direct(rule, "http://example.com.evil/"));
    CHECK(!is_direct(rule, "http://com/"));
  }
  CHECK(is_direct("*", "http://anything/"));
  CHECK(is_direct("*", "http://[::1]/"));
  CHECK(is_direct("localhost", "http://localhost:1/"));
}

SCENARIO("this machine needs no proxy, unless exceptions are named") {
  for (const auto* url : {"http://localhost:11434/", "http://127.0.0.1/", "https://[::1]/"}) {
    CHECK_EQ(proxy_for({{"ALL_PROXY", "http://p:1"}}, url), "");
    CHECK_EQ(proxy_for({{"ALL_PROXY", "http://p:1"}, {"no_proxy", " "}}, url), "");
    CHECK_EQ(proxy_for({{"ALL_PROXY", "http://p:1"}, {"no_proxy", "h"}}, url), "http://p:1");
  }
}

SCENARIO("a rule with a port holds for that port only") {
  CHECK(is_direct("example.com:8080", "http://example.com:8080/"));
  CHECK(!is_direct("example.com:8080", "http://example.com/"));
  CHECK(is_direct("example.com:443", "https://a.example.com/"));
  CHECK(is_direct("10.0.0.1:80", "http://10.0.0.1/"));
  CHECK(is_direct("[::1]:8080", "http://[::1]:8080/"));
  CHECK(!is_direct("[::1]:8080", "http://[::1]/"));
}

SCENARIO("addresses are compared as addresses, blocks by their prefix") {
  CHECK(is_direct("::1", "http://[0:0:0:0:0:0:0:1]/"));
  CHECK(is_direct("[::1]", "http://[::1]/"));
  CHECK(is_direct("10.0.0.0/8", "http://10.255.0.1/"));
  CHECK(!is_direct("10.0.0.0/8", "http://11.0.0.1/"));
  CHECK(is_direct("192.168.4.0/23", "http://192.168.5.255/"));
  CHECK(!is_direct("192.168.4.0/23", "http://192.168.6.0/"));
  CHECK(is_direct("fd00::/8", "http://[fd12::1]/"));
  CHECK(!is_direct("fd00::/8", "http://[fe80::1]/"));
  CHECK(is_direct("0.0.0.0/0", "http://1.2.3.4/"));
  CHECK(!is_direct("0.0.0.0/0", "http://[::1]/"));
  CHECK(!is_direct("10.0.0.0/8", "http://ten.example/"));
}

SCENARIO("what is no rule matches nothing") {
  for (const auto* rule :
       {"", ",", " ", "10.0.0.0/33", "10.0.0.0/x", "10.0.0.0/", "h:x", "h:99999", "h/8", ".", "*."})
    for (const auto* url : {"http://h/", "http://10.0.0.1/", "http://8/"})
      CHECK(!is_direct(rule, url));
}
