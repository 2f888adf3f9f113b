#define CAF_SUITE headers
#include <caf/test/bdd_dsl.hpp>

#include "net/wire/headers.hpp"

#include <string>

using namespace std::literals;
using namespace troupe::net;

SCENARIO("a value is legal unless it holds a control character other than tab") {
  for (int c = 0; c < 256; ++c) {
    const auto value = "a"s + static_cast<char>(c) + "b";
    CHECK_EQ(is_legal_header_value(value), c == '\t' || (c >= 0x20 && c != 0x7F));
  }
  CHECK(is_legal_header_value(""));
}

SCENARIO("a name is legal when it is a token") {
  CHECK(is_legal_header_name("x-codex-turn-state"));
  CHECK(is_legal_header_name("!#$%&'*+-.^_`|~09azAZ"));
  for (auto name : {""s, "a b"s, "a:"s, "a\r\nb"s, "\xC3\xA9"s, "(a)"s, "a\0b"s})
    CHECK(!is_legal_header_name(name));
}

SCENARIO("set replaces in place, ignores case and removes doubles") {
  header_list xs;
  xs.add("A", "1");
  xs.add("b", "2");
  xs.add("a", "3");
  CHECK(xs.set("a", "4"));
  REQUIRE_EQ(xs.size(), 2u);
  CHECK(*xs.begin() == (header{"a", "4"}));
  CHECK_EQ(xs.find("B").value(), "2");
}

SCENARIO("an illegal entry is skipped and changes nothing") {
  header_list xs;
  xs.set("a", "1");
  CHECK(!xs.set("a", "x\r\nEvil: 1"));
  CHECK(!xs.set("b c", "1"));
  CHECK(!xs.add("d", "\n"));
  CHECK_EQ(xs.size(), 1u);
  CHECK_EQ(xs.find("a").value(), "1");
}

SCENARIO("find gives the first of several and nothing for an absent name") {
  header_list xs;
  xs.add("Set-Cookie", "1");
  xs.add("set-cookie", "2");
  CHECK_EQ(xs.find("SET-COOKIE").value(), "1");
  CHECK(!xs.find("cookie"));
  xs.remove("set-Cookie");
  CHECK(xs.empty());
}

SCENARIO("a value beyond ASCII is present but not readable") {
  header_list xs;
  xs.add("x", "caf\xC3\xA9");
  xs.add("y", "plain\ttext ~");
  CHECK(xs.contains("X"));
  CHECK(!xs.find_readable("x"));
  CHECK_EQ(xs.find_readable("Y").value(), "plain\ttext ~");
}

SCENARIO("credentials do not reach a log") {
  header_list xs;
  for (auto name : {"Authorization", "proxy-authorization", "ChatGPT-Account-ID", "Cookie",
                    "Set-Cookie", "api-key", "X-Api-Key", "x-goog-apikey", "X-Auth-Token"})
    xs.add(name, "hunter2");
  xs.add("Accept", "text/event-stream");
  const auto text = loggable_text(xs);
  CHECK_EQ(text.find("hunter2"), std::string::npos);
  CHECK_NE(text.find("Authorization: ***\n"), std::string::npos);
  CHECK_NE(text.find("Accept: text/event-stream\n"), std::string::npos);
}

SCENARIO("names that may belong to a credential are known as such") {
  for (const auto* name :
       {"Authorization", "PROXY-authorization", "Cookie", "Set-Cookie", "ChatGPT-Account-ID",
        "api-key", "x-gateway-key", "X-Access-Token", "client-secret", "X-Password"})
    CHECK(may_hold_credential(name));
  for (const auto* name :
       {"Accept", "Content-Type", "User-Agent", "x-models-etag", "ke", "Key-Id", ""})
    CHECK(!may_hold_credential(name));
}
