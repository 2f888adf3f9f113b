#define CAF_SUITE sse_parser
#include <caf/test/bdd_dsl.hpp>

#include "net/wire/sse_parser.hpp"

#include <string>
#include <string_view>
#include <vector>

using namespace std::literals;
using namespace troupe::net;

namespace {

struct parsed {
  std::vector<sse_event> events;
  net_errc end = net_errc::none;

  bool operator==(const parsed&) const = default;
};

parsed parse(const std::vector<std::string_view>& chunks,
             std::size_t limit = sse_parser::default_max_event_bytes) {
  parsed x;
  sse_parser parser{limit};
  for (auto chunk : chunks)
    parser.feed(chunk, x.events);
  x.end = parser.finish();
  return x;
}

std::vector<std::string> data_of(const parsed& x) {
  std::vector<std::string> result;
  for (const auto& event : x.events)
    result.push_back(event.data);
  return result;
}

std::vector<std::string> data_of(std::string_view text) {
  return data_of(parse({text}));
}

using texts = std::vector<std::string>;

} // namespace

SCENARIO("events are dispatched at empty lines") {
  CHECK_EQ(data_of("data: one\n\ndata: two\n\n"), (texts{"one", "two"}));
  CHECK_EQ(data_of("data: one\n"), texts{});
  CHECK_EQ(data_of("data: one\n\ndata: unfinished"), texts{"one"});
  CHECK_EQ(data_of("\n\n\ndata: one\n\n\n\n"), texts{"one"});
}

SCENARIO("an event without data is not dispatched and leaves no name behind") {
  CHECK_EQ(data_of("event: a\n\n: note\n\nid: 1\n\n"), texts{});
  const auto x = parse({"event: a\n\ndata: x\n\n"});
  REQUIRE_EQ(x.events.size(), 1u);
  CHECK_EQ(x.events[0].name, "");
}

SCENARIO("an empty data line is data") {
  CHECK_EQ(data_of("data:\n\n"), texts{""});
  CHECK_EQ(data_of("data\n\n"), texts{""});
  CHECK_EQ(data_of("data\ndata\n\n"), texts{"\n"});
}

SCENARIO("several data lines are joined by LF") {
  CHECK_EQ(data_of("data: a\ndata: b\ndata:\ndata: c\n\n"), texts{"a\nb\n\nc"});
  CHECK_EQ(data_of("data: a\n: note\nid: 7\ndata: b\n\n"), texts{"a\nb"});
}

SCENARIO("one space after the colon belongs to the syntax, a second one to the value") {
  CHECK_EQ(data_of("data:a\n\ndata: a\n\ndata:  a\n\ndata: \n\n"), (texts{"a", "a", " a", ""}));
  CHECK_EQ(data_of("data :a\n\n"), texts{});
  CHECK_EQ(data_of("Data: a\n\n"), texts{});
}

SCENARIO("the value keeps its colons") {
  CHECK_EQ(data_of("data: {\"a\":1}\n\ndata::x\n\n"), (texts{"{\"a\":1}", ":x"}));
}

SCENARIO("the last event line names the event") {
  const auto x = parse({"event: a\nevent: b\ndata: 1\n\ndata: 2\n\n"});
  REQUIRE_EQ(x.events.size(), 2u);
  CHECK_EQ(x.events[0].name, "b");
  CHECK_EQ(x.events[1].name, "");
}

SCENARIO("LF, CR and CRLF end lines, also mixed") {
  CHECK_EQ(data_of("data: a\r\rdata: b\r\r"), (texts{"a", "b"}));
  CHECK_EQ(data_of("data: a\r\n\r\ndata: b\r\n\r\n"), (texts{"a", "b"}));
  CHECK_EQ(data_of("data: a\n\rdata: b\r\n\n"), (texts{"a", "b"}));
  CHECK_EQ(data_of("data: a\r\ndata: b\r\n\r\n"), texts{"a\nb"});
}

SCENARIO("a CR at the end of a chunk dispatches at once and swallows one LF of the next") {
  std::vector<sse_event> events;
  sse_parser parser;
  parser.feed("data: a\r\r", events);
  CHECK_EQ(events.size(), 1u);
  parser.feed("", events);
  parser.feed("\ndata: b\n\n", events);
  REQUIRE_EQ(events.size(), 2u);
  CHECK_EQ(events[1].data, "b");
}

SCENARIO("a byte order mark is removed at the start only") {
  CHECK_EQ(data_of("\xEF\xBB\xBF"
                   "data: a\n\n"),
           texts{"a"});
  CHECK_EQ(data_of("data: \xEF\xBB\xBF\n\n"), texts{"\xEF\xBB\xBF"});
  CHECK_EQ(data_of("\xEF\xBB\xBF\xEF\xBB\xBF"
                   "data: a\n\n"),
           texts{});
  CHECK_EQ(data_of("\xEF\xBB\xBE: x\ndata: a\n\n"), texts{"a"});
}

SCENARIO("the same bytes give the same events wherever chunks end") {
  const auto streams = std::to_array<std::string_view>({
    "data: a\n\nevent: n\ndata: b\ndata: c\n\n",
    "\xEF\xBB\xBF"
    "data: a\r\n\r\ndata: b\r\rdata: c\n\n: note\r\n\r\n",
    "data: \xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\n\ndata: z\n\n",
    "\xEF\xBB\xBE: x\ndata: a\n\ndata",
    "data: ok\n\ndata: \xF0\x9F\x98\n\ndata: lost\n\n",
    "data: ok\n\ndata: \xED\xA0\x80\n\n",
    "id\nretry: 3\ndata\ndata: \n\nevent: x\r\r\n\ndata: cut \xE2\x82",
  });
  for (auto text : streams) {
    const auto whole = parse({text});
    for (std::size_t i = 0; i <= text.size(); ++i) {
      CHECK(parse({text.substr(0, i), text.substr(i)}) == whole);
      for (std::size_t k = i; k <= text.size(); ++k)
        if (parse({text.substr(0, i), text.substr(i, k - i), text.substr(k)}) != whole)
          FAIL("differs when cut at " << i << " and " << k);
    }
  }
}

SCENARIO("nothing after an invalid sequence is delivered and the end reports it") {
  const auto invalid = std::to_array<std::string_view>({
    "\x80"sv,             // continuation without a start
    "\xC0\x80"sv,         // overlong
    "\xC1\xBF"sv,         // overlong
    "\xE0\x9F\xBF"sv,     // overlong
    "\xED\xA0\x80"sv,     // surrogate
    "\xF0\x8F\xBF\xBF"sv, // overlong
    "\xF4\x90\x80\x80"sv, // above U+10FFFF
    "\xF5\x80\x80\x80"sv,
    "\xFF"sv,
    "\xC3 "sv,
    "\xE2\x82 "sv,
  });
  for (auto bytes : invalid) {
    const auto text = "data: before\n\ndata: "s + std::string{bytes} + "\n\ndata: after\n\n";
    const auto x = parse({text});
    CHECK_EQ(data_of(x), texts{"before"});
    CHECK_EQ(x.end, net_errc::bad_utf8);
  }
}

SCENARIO("a sequence that is unfinished at the end is an error, a whole one is not") {
  CHECK_EQ(parse({"data: a\n\n\xE2\x82"}).end, net_errc::bad_utf8);
  CHECK_EQ(parse({"data: a\n\n\xE2\x82\xAC"}).end, net_errc::none);
}

SCENARIO("the largest and smallest code points of each length pass") {
  const auto text = "\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF"
                    "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"s;
  CHECK_EQ(data_of("data: " + text + "\n\n"), texts{text});
}

SCENARIO("bad UTF-8 is known at once to those who ask, while feeding goes on") {
  std::vector<sse_event> events;
  sse_parser parser;
  CHECK(!parser.has_bad_utf8());
  CHECK_EQ(parser.feed("data: \xFF", events), net_errc::none);
  CHECK(parser.has_bad_utf8());
  CHECK_EQ(parser.feed("\n\ndata: a\n\n", events), net_errc::none);
  CHECK(events.empty());
}

SCENARIO("an event over the limit ends the stream, one at the limit passes") {
  const auto line = "data: " + std::string(94, 'x');
  CHECK_EQ(parse({line, "\n\n"}, 100).end, net_errc::none);
  CHECK_EQ(parse({line + "x\n\n"}, 100).end, net_errc::too_large);
  CHECK_EQ(parse({line, "x"}, 100).end, net_errc::too_large);
}

SCENARIO("the limit holds for data of many lines, for endless lines and for comments") {
  std::vector<sse_event> events;
  for (auto piece : {"data: xxxx\n"sv, "xxxxxxxxxx"sv, ":xxxxxxxxx"sv}) {
    sse_parser parser{1000};
    std::size_t fed = 0;
    while (parser.feed(piece, events) == net_errc::none && fed < 10'000)
      fed += piece.size();
    CHECK(fed < 3000);
  }
  CHECK(events.empty());
}

SCENARIO("the limit is per event, not per stream") {
  std::vector<sse_event> events;
  sse_parser parser{100};
  for (int i = 0; i < 1000; ++i)
    CHECK_EQ(parser.feed("event: n\ndata: 0123456789\n\n", events), net_errc::none);
  CHECK_EQ(events.size(), 1000u);
}

SCENARIO("an unfinished event counts against the budget of all streams, a finished one does not") {
  const auto budget = std::make_shared<byte_budget>(10'000);
  const std::string line = "data: " + std::string(6'000, 'x');
  std::vector<sse_event> events;
  sse_parser first{sse_parser::default_max_event_bytes, budget};
  CHECK_EQ(first.feed(line, events), net_errc::none);
  CHECK(budget->used() >= 6'000);
  CHECK(budget->used() < 7'000);
  sse_parser second{sse_parser::default_max_event_bytes, budget};
  CHECK_EQ(second.feed(line, events), net_errc::too_much_unfinished);
  CHECK_EQ(second.feed("\n\n", events), net_errc::too_much_unfinished);
  CHECK(events.empty());
  sse_parser third{sse_parser::default_max_event_bytes, budget};
  CHECK_EQ(third.feed("data: a\n\ndata: b\n\n", events), net_errc::none);
  CHECK_EQ(events.size(), 2u);
}
