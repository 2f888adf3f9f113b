#define CAF_SUITE redirect
#include <caf/test/bdd_dsl.hpp>

#include "net/wire/redirect.hpp"

using namespace troupe::net;

namespace {

using body = redirect_trail::step::body;

redirect_trail::request a_post(const std::string& url) {
  redirect_trail::request x{"POST", url, {}};
  for (const auto* name :
       {"Authorization", "ChatGPT-Account-ID", "Cookie", "Proxy-Authorization", "api-key",
        "X-Gateway-Key", "X-Auth-Token", "Content-Type", "Content-Encoding", "Host", "Accept"})
    x.headers.add(name, "x");
  return x;
}

std::string names(const header_list& headers) {
  std::string all;
  for (const auto& x : headers)
    all += (all.empty() ? "" : " ") + x.name;
  return all;
}

redirect_trail::step followed(const std::string& from, int status, const std::string& to) {
  auto result = redirect_trail{10}.follow(a_post(from), status, to);
  if (const auto* refusal = std::get_if<std::string>(&result))
    CAF_FAIL(*refusal);
  return std::get<redirect_trail::step>(result);
}

std::string refused(const std::string& from, const std::string& to) {
  const auto result = redirect_trail{10}.follow(a_post(from), 307, to);
  const auto* refusal = std::get_if<std::string>(&result);
  return refusal == nullptr ? "" : *refusal;
}

} // namespace

SCENARIO("five statuses are redirects") {
  for (int status = 100; status < 600; ++status)
    CHECK_EQ(is_redirect(status),
             status == 301 || status == 302 || status == 303 || status == 307 || status == 308);
}

SCENARIO("307 and 308 keep method, body and, on the same place, all headers but Host") {
  for (const int status : {307, 308}) {
    const auto step = followed("http://h/a?b", status, "/c?d");
    CHECK_EQ(step.next.url, "http://h/c?d");
    CHECK_EQ(step.next.method, "POST");
    CHECK(step.payload == body::keep);
    CHECK_EQ(names(step.next.headers),
             "Authorization ChatGPT-Account-ID Cookie Proxy-Authorization api-key X-Gateway-Key "
             "X-Auth-Token Content-Type Content-Encoding Accept");
  }
}

SCENARIO("301, 302 and 303 become a GET without body and its headers") {
  for (const int status : {301, 302, 303}) {
    const auto step = followed("http://h/a", status, "b");
    CHECK_EQ(step.next.url, "http://h/b");
    CHECK_EQ(step.next.method, "GET");
    CHECK(step.payload == body::drop);
    CHECK(!step.next.headers.contains("Content-Type"));
    CHECK(step.next.headers.contains("Authorization"));
  }
  const auto result = redirect_trail{10}.follow({"HEAD", "http://h/", {}}, 302, "/x");
  CHECK_EQ(std::get<redirect_trail::step>(result).next.method, "HEAD");
}

SCENARIO("credentials are not taken to another host or port") {
  for (const auto* to : {"http://other/", "http://h:8080/", "https://h/", "//sub.h/"})
    CHECK_EQ(names(followed("http://h/a", 307, to).next.headers),
             "Content-Type Content-Encoding Accept");
  for (const auto* to : {"http://h:80/", "http://H/x", "//h/"})
    CHECK(followed("http://h/a", 307, to).next.headers.contains("Authorization"));
}

SCENARIO("what leads nowhere, to another protocol, or out of https is refused") {
  for (const auto* to : {"ftp://h/", "http://", "http://h:0/", "http://user:pw@h/", "\x01",
                         "mailto:x", "http://h/a b"})
    CHECK_NE(refused("http://h/", to).find("redirects to what is no http or https URL"),
             std::string::npos);
  CHECK_EQ(refused("https://h/a?secret", "http://other/b?secret"),
           "https://h/a redirects from https to http://other/b");
  CHECK_EQ(refused("http://h/", "https://h/"), "");
}

SCENARIO("a chain is followed to its limit") {
  redirect_trail trail{3};
  redirect_trail::request x{"GET", "http://h/0", {}};
  for (int i = 1; i <= 3; ++i) {
    auto result = trail.follow(std::move(x), 302, "/" + std::to_string(i));
    x = std::get<redirect_trail::step>(result).next;
  }
  CHECK_EQ(x.url, "http://h/3");
  CHECK_EQ(std::get<std::string>(trail.follow(std::move(x), 302, "/4")),
           "http://h/3 redirects once more after 3 redirects");
}

SCENARIO("a loop is found at its first repetition") {
  CHECK_EQ(refused("http://h/a?x=secret", "?x=secret"),
           "redirect loop: http://h/a leads back to itself");
  redirect_trail trail{10};
  auto there = std::get<redirect_trail::step>(trail.follow({"GET", "http://h/a", {}}, 302, "/b"));
  CHECK_EQ(std::get<std::string>(trail.follow(std::move(there.next), 302, "/a")),
           "redirect loop: http://h/a leads back to itself");
}

SCENARIO("a POST that leads back to itself as a GET is no loop") {
  const auto step = followed("http://h/a", 303, "/a");
  CHECK_EQ(step.next.method, "GET");
}
