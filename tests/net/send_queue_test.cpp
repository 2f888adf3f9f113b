#define CAF_SUITE send_queue
#include <caf/test/bdd_dsl.hpp>

#include "net/send_queue.hpp"

#include <string>
#include <vector>

using namespace troupe::net;

namespace {

struct fixture {
  send_queue queue;
  std::string told;

  void append(const std::string& text, char name) {
    queue.tail() += text;
    queue.notify_when_sent([this, name](net_errc x) { told += x == net_errc::none ? name : '!'; });
  }

  void tell(const std::vector<send_queue::notice>& notices, net_errc x) {
    for (const auto& run : notices)
      run(x);
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("what waits is sent in one go, and each notice comes after its own bytes") {
  append("a", 'A');
  append("b", 'B');
  CHECK_EQ(queue.begin_send(), "ab");
  append("c", 'C');
  CHECK_EQ(queue.unsent_bytes(), 3u);
  tell(queue.end_send(), net_errc::none);
  CHECK_EQ(told, "AB");
  CHECK_EQ(queue.unsent_bytes(), 1u);
  CHECK_EQ(queue.begin_send(), "c");
  tell(queue.end_send(), net_errc::none);
  CHECK_EQ(told, "ABC");
  CHECK(!queue.has_waiting());
}

SCENARIO("a notice without bytes waits for those before it") {
  append("a", 'A');
  queue.begin_send();
  append("", 'B');
  CHECK(!queue.has_waiting());
  tell(queue.end_send(), net_errc::none);
  CHECK_EQ(told, "AB");
}

SCENARIO("clearing keeps the bytes being sent in place and tells the rest") {
  append("a", 'A');
  const auto sending = queue.begin_send();
  append("b", 'B');
  tell(queue.clear(), net_errc::closed_early);
  CHECK_EQ(sending, "a");
  CHECK_EQ(told, "!!");
  CHECK(!queue.has_waiting());
  CHECK(queue.end_send().empty());
}

END_FIXTURE_SCOPE()
