#define CAF_SUITE stream_reader
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/stream_reader.hpp"

#include <string>
#include <string_view>
#include <vector>

using namespace troupe;
using troupe::model_client::stream_reader;
using troupe::net::net_errc;

namespace {

constexpr std::string_view completed =
  "event: response.completed\n"
  "data: {\"type\":\"response.completed\",\"response\":{\"id\":\"r\"}}\n\n";
constexpr std::string_view failed =
  "data: {\"type\":\"response.failed\",\"response\":{\"error\":{\"message\":\"oops\"}}}\n\n";

std::string delta(std::string_view text) {
  return "data: {\"type\":\"response.output_text.delta\",\"delta\":\"" + std::string{text} +
         "\"}\n\n";
}

std::vector<model_event> feed(stream_reader& reader, std::string_view bytes) {
  std::vector<model_event> result;
  reader.feed(bytes, result);
  return result;
}

std::string text_of_failure(std::string_view bytes, net_errc how) {
  stream_reader reader;
  feed(reader, bytes);
  CHECK(!reader.is_completed());
  const auto error = reader.failure(how);
  CHECK(error.code == model_errc::stream);
  constexpr std::string_view prefix = "stream disconnected before completion: ";
  CHECK(error.message.starts_with(prefix));
  return error.message.substr(prefix.size());
}

} // namespace

SCENARIO("several events in one chunk and one event over many chunks read the same") {
  const auto bytes = delta("a") + delta("b") + std::string{completed};
  stream_reader whole;
  const auto expected = feed(whole, bytes);
  CHECK_EQ(expected.size(), 3u);
  CHECK(whole.is_completed());
  stream_reader pieces;
  std::vector<model_event> events;
  for (const char byte : bytes)
    pieces.feed({&byte, 1}, events);
  CHECK(events == expected);
  CHECK(pieces.is_completed());
}

SCENARIO("the completion counts although the connection stays open") {
  stream_reader reader;
  CHECK_EQ(feed(reader, std::string{completed} + delta("late")).size(), 1u);
  CHECK(reader.is_completed());
}

SCENARIO("dispatched events are counted, comments and parts of events are not") {
  stream_reader reader;
  std::vector<model_event> events;
  CHECK_EQ(reader.feed(": keep-alive\n\n", events).dispatched, 0u);
  CHECK_EQ(reader.feed("event: x\n\ndata: {\"type\":\"unkn", events).dispatched, 0u);
  CHECK_EQ(reader.feed("own\"}\n\ndata: [DONE]\n\n", events).dispatched, 2u);
  CHECK(events.empty());
}

SCENARIO("an event over the bound is noticed") {
  stream_reader reader{100};
  std::vector<model_event> events;
  CHECK_EQ(reader.feed(delta("x"), events).error, net_errc::none);
  CHECK_EQ(reader.feed(delta(std::string(200, 'x')), events).error, net_errc::too_large);
  CHECK_EQ(events.size(), 1u);
  CHECK(reader.failure(net_errc::too_large).message ==
        "stream disconnected before completion: Transport error: the peer sent more than the "
        "configured limit");
}

SCENARIO("the end of a stream without a completion has a cause") {
  CHECK_EQ(text_of_failure(delta("a"), net_errc::none), "stream closed before response.completed");
  CHECK_EQ(text_of_failure("", net_errc::none), "stream closed before response.completed");
  CHECK_EQ(
    text_of_failure("data: {\"type\":\"response.incomplete\",\"response\":{}}\n\n", net_errc::none),
    "stream closed before response.completed");
  CHECK_EQ(text_of_failure(completed.substr(0, completed.size() - 1), net_errc::none),
           "stream closed before response.completed");
  CHECK_EQ(text_of_failure(delta("a"), net_errc::closed_early),
           "Transport error: network error: error decoding response body");
  CHECK_EQ(text_of_failure(delta("a"), net_errc::bad_response),
           "Transport error: network error: error decoding response body");
  CHECK_EQ(text_of_failure(delta("a"), net_errc::idle_timeout), "idle timeout waiting for SSE");
}

SCENARIO("a remembered error is told at a regular end only") {
  CHECK_EQ(text_of_failure(failed, net_errc::none), "oops");
  CHECK_EQ(text_of_failure(failed, net_errc::idle_timeout), "idle timeout waiting for SSE");
  CHECK_EQ(text_of_failure(failed, net_errc::closed_early),
           "Transport error: network error: error decoding response body");
  stream_reader reader;
  feed(reader, std::string{failed} + std::string{completed});
  CHECK(reader.is_completed());
}

SCENARIO("nothing after bytes that are not UTF-8 is delivered, and the end says so") {
  const auto bytes = delta("good") + delta("b\xff") + std::string{completed};
  stream_reader reader;
  CHECK_EQ(feed(reader, bytes).size(), 1u);
  CHECK(!reader.is_completed());
  CHECK_EQ(text_of_failure(bytes, net_errc::none),
           "UTF8 error: the stream holds bytes that are not UTF-8");
  CHECK_EQ(text_of_failure(std::string{failed} + "\xff", net_errc::none),
           "UTF8 error: the stream holds bytes that are not UTF-8");
  CHECK_EQ(text_of_failure(bytes, net_errc::idle_timeout), "idle timeout waiting for SSE");
}
