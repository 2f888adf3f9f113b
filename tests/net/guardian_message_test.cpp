#define CAF_SUITE guardian_message
#include <caf/test/bdd_dsl.hpp>

#include "net/guardian/guardian_message.hpp"

using namespace troupe::net;

namespace {

spawn_plan a_plan() {
  spawn_plan plan;
  plan.argv = {"/bin/sh", "-c", std::string{"a\0b", 3}};
  plan.environment = {"A=1", ""};
  plan.cwd = "/tmp";
  plan.descriptors = {{7, 0}, {8, 1}, {9, 11}};
  plan.tty = spawn_plan::terminal::controlling;
  plan.read_only_files = {"/dev/null", "/dev/zero"};
  return plan;
}

constexpr process_bounds some_bounds{
  .max_memory_bytes = 5'000'000'000, .max_processes = 12, .max_file_bytes = 1};

} // namespace

SCENARIO("a plan arrives as it was, but for the numbers of its descriptors") {
  const auto received = decode_plan(encode_plan(a_plan(), some_bounds));
  REQUIRE(received.has_value());
  CHECK_EQ(received->plan.argv, a_plan().argv);
  CHECK_EQ(received->plan.environment, a_plan().environment);
  CHECK_EQ(received->plan.cwd, "/tmp");
  CHECK(received->plan.tty == spawn_plan::terminal::controlling);
  const std::vector<std::pair<int, int>> places{{-1, 0}, {-1, 1}, {-1, 11}};
  CHECK(received->plan.descriptors == places);
  CHECK_EQ(received->plan.read_only_files, a_plan().read_only_files);
  CHECK(received->bounds == some_bounds);
}

SCENARIO("a plan that is cut anywhere, or goes on, is refused") {
  const auto bytes = encode_plan(a_plan(), some_bounds);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK(!decode_plan(bytes.substr(0, size)));
  CHECK(!decode_plan(bytes + "x"));
}

SCENARIO("a plan that announces more than it holds is refused at once") {
  const std::string huge(8, '\xff');
  CHECK(!decode_plan(huge));
  CHECK(!decode_plan(huge + encode_plan(a_plan(), some_bounds)));
}

SCENARIO("news arrive as they were, a long text cut") {
  for (const auto what : {child_news::kind::started, child_news::kind::failed,
                          child_news::kind::exited, child_news::kind::signalled}) {
    const child_news news{
      .what = what, .number = -7, .bounds = child_news::hold::watched, .text = "cause"};
    CHECK(decode_news(encode_news(news)) == news);
  }
  const child_news long_news{.text = std::string(2 * max_news_bytes, 'x')};
  CHECK(encode_news(long_news).size() <= max_news_bytes);
  CHECK(decode_news(encode_news(long_news)).has_value());
}

SCENARIO("what is no news is refused") {
  const auto bytes = encode_news({.text = "cause"});
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK(!decode_news(bytes.substr(0, size)));
  CHECK(!decode_news("\x09" + bytes.substr(1)));
}
