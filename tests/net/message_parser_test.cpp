#define CAF_SUITE message_parser
#include <caf/test/bdd_dsl.hpp>

#include "net/message_parser.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace std::literals;
using namespace troupe::net;
using enum message_parser::kind;

namespace {

struct message {
  int status = 0;
  std::string target;
  std::size_t headers = 0;
  std::string body;
  net_errc error = net_errc::none;
  bool is_done = false;

  bool operator==(const message&) const = default;
};

// Presents the text in pieces that end at `cuts`, keeping what has not been used, as a buffer does.
message parse(message_parser::kind kind, const std::string& text,
              std::vector<std::size_t> cuts = {}) {
  message_parser parser{kind};
  message result;
  std::string kept;
  std::size_t from = 0;
  cuts.push_back(text.size());
  for (auto cut : cuts) {
    kept += text.substr(from, cut - from);
    from = cut;
    auto use = [&](const message_parser::progress& x) {
      result.body += x.body;
      result.error = x.error;
      kept.erase(0, x.used);
    };
    if (!parser.head_is_done())
      use(parser.parse_head(kept));
    if (result.error == net_errc::none && parser.head_is_done() && !kept.empty() &&
        !parser.is_done())
      use(parser.parse_body(kept));
    if (result.error != net_errc::none)
      return result;
  }
  if (parser.head_is_done()) {
    result.status = parser.head().status;
    result.target = parser.head().target;
    result.headers = parser.head().headers.size();
  }
  result.is_done = parser.is_done();
  return result;
}

} // namespace

SCENARIO("messages parse the same wherever they are cut") {
  const struct {
    message_parser::kind kind;
    std::string text;
  } cases[] = {
    {response, "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 3\r\n\r\nabc"},
    {response, "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
               "chunked\r\n\r\n1\r\na\r\n2;x=y\r\nbc\r\n0\r\nT: u\r\n\r\n"},
    {response, "HTTP/1.1 103 Hints\r\nL: m\r\n\r\nHTTP/1.1 204 None\r\nA: b\r\n\r\n"},
    {request, "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"},
    {response_without_body, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"},
  };
  for (const auto& x : cases) {
    const auto whole = parse(x.kind, x.text);
    CHECK(whole.is_done);
    for (std::size_t i = 1; i < x.text.size(); ++i)
      for (std::size_t k = i; k < x.text.size(); ++k)
        if (parse(x.kind, x.text, {i, k}) != whole)
          FAIL("differs when cut at " << i << " and " << k << ": " << x.text);
  }
}

SCENARIO("chunks of one read are moved together in place") {
  message_parser parser{response};
  std::string text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  CHECK_EQ(parser.parse_head(text).used, text.size());
  text = "3\r\nabc\r\n1\r\nd\r\n5\r\nefghi\r\n4\r\njk";
  const auto result = parser.parse_body(text);
  CHECK_EQ(result.body, "abcdefghijk");
  CHECK_EQ(result.used, text.size());
  CHECK(result.body.data() >= text.data() && result.body.data() < text.data() + text.size());
}

SCENARIO("trailers are not headers") {
  const auto x =
    parse(response, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: u\r\n\r\n");
  CHECK(x.is_done);
  CHECK_EQ(x.headers, 1u);
}

SCENARIO("header values beyond ASCII are kept, control characters are not accepted") {
  const auto head = [](const std::string& value) {
    return "HTTP/1.1 200 OK\r\nX: " + value + "\r\nContent-Length: 0\r\n\r\n";
  };
  CHECK_EQ(parse(response, head("caf\xC3\xA9")).headers, 2u);
  CHECK_EQ(parse(response, head("a\x01")).error, net_errc::bad_response);
  CHECK_EQ(parse(response, head("a\x7F")).error, net_errc::bad_response);
}

SCENARIO("the head is limited in all, not only line by line") {
  std::string text = "HTTP/1.1 200 OK\r\n";
  std::vector<std::size_t> cuts;
  for (int i = 0; i < 5000; ++i) {
    text += "X: 0123456789abcdef\r\n";
    cuts.push_back(text.size());
  }
  CHECK_EQ(parse(response, text, cuts).error, net_errc::too_large);
}

SCENARIO("bytes after the end of a message are left alone") {
  message_parser parser{request};
  std::string text = "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n";
  CHECK_EQ(parser.parse_head(text).used, text.size() / 2);
  CHECK(parser.is_done());
  CHECK(parser.keeps_alive());
}

SCENARIO("the end of the connection is the end of a body without length only") {
  const auto end_after = [](std::string head, std::string body) {
    message_parser parser{response};
    parser.parse_head(head);
    if (!body.empty())
      parser.parse_body(body);
    return parser.end_of_input();
  };
  CHECK_EQ(end_after("HTTP/1.1 200 OK\r\n\r\n", "abc"), net_errc::none);
  CHECK_EQ(end_after("HTTP/1.1 200 OK\r\n\r\n", ""), net_errc::none);
  CHECK_EQ(end_after("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", "abc"),
           net_errc::closed_early);
  CHECK_EQ(end_after("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "3\r\nabc\r\n"),
           net_errc::closed_early);
  CHECK_EQ(end_after("HTTP/1.1 200 OK\r\n", ""), net_errc::closed_early);
  CHECK_EQ(message_parser{response}.end_of_input(), net_errc::closed_early);
}
