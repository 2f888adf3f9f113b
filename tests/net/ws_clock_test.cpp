#define CAF_SUITE ws_clock
#include <caf/test/bdd_dsl.hpp>

#include "net/ws_clock.hpp"

using namespace std::literals;
using troupe::net::ws_clock;
using verdict = ws_clock::verdict;

namespace {

constexpr ws_clock::time_point never = ws_clock::time_point::max();

ws_clock::time_point at(std::chrono::milliseconds x) {
  return ws_clock::time_point{x};
}

/// A socket that has been opened at 0.
ws_clock opened(std::chrono::milliseconds idle, std::chrono::milliseconds silence = 0ms) {
  ws_clock result{idle};
  result.open(at(0ms), silence);
  return result;
}

} // namespace

SCENARIO("a socket from which nothing is expected is never idle") {
  auto x = opened(100ms);
  CHECK(x.deadline() == never);
  x.expect_answer(at(10ms));
  x.rest();
  CHECK(x.deadline() == never);
  CHECK(x.at(at(24h)) == verdict::wait);
}

SCENARIO("an answer is waited for as long as the idle limit, from the message on") {
  auto x = opened(100ms);
  x.expect_answer(at(10ms));
  CHECK(x.deadline() == at(110ms));
  CHECK(x.at(at(109ms)) == verdict::wait);
  CHECK(x.at(at(110ms)) == verdict::idle);
  x.expect_answer(at(50ms));
  CHECK(x.deadline() == at(150ms));
}

SCENARIO("a message sent before the opening is expected to be answered after it") {
  ws_clock x{100ms};
  x.expect_answer(at(0ms));
  x.open(at(70ms), 0ms);
  CHECK(x.deadline() == at(170ms));
}

SCENARIO("each frame of the peer, a ping too, starts the idle limit again; bytes do not") {
  auto x = opened(100ms);
  x.expect_answer(at(0ms));
  for (auto t = 90ms; t < 1s; t += 90ms) {
    CHECK(x.at(at(t)) == verdict::wait);
    x.on_frame(at(t));
    CHECK(x.deadline() == at(t + 100ms));
  }
  x.on_bytes(at(1s));
  CHECK(x.deadline() == at(1090ms));
  CHECK(x.at(at(1090ms)) == verdict::idle);
}

SCENARIO("a socket that is not read has no deadline, and all the time afterwards") {
  auto x = opened(100ms, 100ms);
  x.expect_answer(at(0ms));
  x.suspend(at(0ms));
  CHECK(x.deadline() == never);
  x.resume(at(5s));
  CHECK(x.deadline() == at(5100ms));
}

SCENARIO("a silent peer is asked once, and given up after as long again") {
  auto x = opened(0ms, 100ms);
  CHECK(x.deadline() == at(100ms));
  CHECK(x.at(at(99ms)) == verdict::wait);
  CHECK(x.at(at(100ms)) == verdict::ask);
  x.on_asked(at(105ms));
  CHECK(x.at(at(204ms)) == verdict::wait);
  CHECK(x.at(at(205ms)) == verdict::silent);
}

SCENARIO("a peer that answers is asked again after the next silence, and not given up") {
  auto x = opened(0ms, 100ms);
  for (auto t = 100ms; t < 1s; t += 150ms) {
    CHECK(x.at(at(t)) == verdict::ask);
    x.on_asked(at(t));
    x.on_bytes(at(t + 50ms));
    CHECK(x.deadline() == at(t + 150ms));
  }
}

SCENARIO("our own messages say nothing of the peer's silence") {
  auto x = opened(0ms, 100ms);
  x.expect_answer(at(90ms));
  CHECK(x.at(at(100ms)) == verdict::ask);
}

SCENARIO("resuming forgets that the peer was asked: it may have answered unread") {
  auto x = opened(0ms, 100ms);
  x.on_asked(at(100ms));
  x.suspend(at(200ms));
  x.resume(at(300ms));
  CHECK(x.at(at(400ms)) == verdict::ask);
}

SCENARIO("the nearer of both limits counts") {
  auto x = opened(100ms, 50ms);
  x.expect_answer(at(0ms));
  CHECK(x.at(at(50ms)) == verdict::ask);
  x.on_asked(at(50ms));
  CHECK(x.at(at(100ms)) == verdict::idle);
}

SCENARIO("absurd limits end with time itself") {
  auto x = opened(std::chrono::milliseconds::max(), std::chrono::milliseconds::max());
  x.expect_answer(at(1ms));
  CHECK(x.deadline() == never);
}

SCENARIO("frames of any kind do not keep a response alive that does not advance") {
  ws_clock x{{.idle = 100ms, .stall = 500ms}};
  x.open(at(0ms), 0ms);
  CHECK(x.deadline() == never);
  x.expect_answer(at(10ms));
  for (auto now = 50ms; now < 510ms; now += 50ms)
    x.on_frame(at(now));
  CHECK(x.deadline() == at(510ms));
  CHECK(x.at(at(509ms)) == verdict::wait);
  CHECK(x.at(at(510ms)) == verdict::stalled);
  x.advance(at(400ms));
  x.on_frame(at(880ms));
  CHECK(x.at(at(899ms)) == verdict::wait);
  CHECK(x.at(at(900ms)) == verdict::stalled);
  x.suspend(at(880ms));
  CHECK(x.deadline() == never);
  x.resume(at(980ms));
  x.on_frame(at(990ms));
  CHECK(x.at(at(999ms)) == verdict::wait);
  CHECK(x.at(at(1000ms)) == verdict::stalled);
}

SCENARIO("a response has a limit of its own, whatever comes and whoever waits") {
  ws_clock x{{.idle = 1h, .stall = 1h, .response = 500ms}};
  x.open(at(0ms), 0ms);
  x.expect_answer(at(10ms));
  x.advance(at(400ms));
  x.suspend(at(400ms));
  CHECK(x.at(at(509ms)) == verdict::wait);
  CHECK(x.at(at(510ms)) == verdict::overdue);
  x.rest();
  CHECK(x.deadline() == never);
  x.expect_answer(at(600ms));
  CHECK(x.at(at(1099ms)) == verdict::wait);
  CHECK(x.at(at(1100ms)) == verdict::overdue);
}
