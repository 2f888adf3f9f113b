#define CAF_SUITE threads_listing
#include <caf/test/bdd_dsl.hpp>

#include "apps/common/printable_text.hpp"
#include "apps/threads/thread_listing.hpp"

using namespace troupe;
using namespace troupe::threads;

namespace {

stored_thread sample() {
  return {.thread = parse_thread_id("019c3762-2225-7c31-9a4e-5d0f6b7a8c21").value(),
          .path = "/home/ada/.codex/sessions/x.jsonl",
          .cwd = "/home/ada/demo",
          .source = "cli",
          .model_provider = "openai",
          .cli_version = "0.1.0",
          .git_branch = "",
          .first_user_message = "Which files\nare here?",
          .created_at = "2026-02-07T09:15:04.101Z",
          .updated_at = "2026-02-07T09:16:00Z"};
}

} // namespace

SCENARIO("a thread is one line of the table, under the headings") {
  CHECK_EQ(table_heading(),
           "ID                                    UPDATED (UTC)     FOLDER         "
           "               FIRST MESSAGE\n");
  CHECK_EQ(table_line(sample(), 120),
           "019c3762-2225-7c31-9a4e-5d0f6b7a8c21  2026-02-07 09:16  /home/ada/demo                "
           "Which files are here?\n");
}

SCENARIO("long folders lose their beginning, long messages their end") {
  auto thread = sample();
  thread.cwd = "/home/ada/a/very/long/way/to/the/demonstration";
  thread.first_user_message = std::string(500, 'x') + "é";
  const auto line = table_line(thread, 120);
  CHECK_EQ(common::count_characters(line), 121U); // with its newline
  CHECK(line.find("…ng/way/to/the/demonstration  xxx") != std::string::npos);
  CHECK(line.ends_with("x…\n"));
}

SCENARIO("a narrow terminal still gets the beginning of the message") {
  CHECK(table_line(sample(), 20).ends_with("Which files a…\n"));
}

SCENARIO("nothing stored can control the terminal") {
  auto thread = sample();
  thread.cwd = "/a\x1b]0;title\x07";
  thread.first_user_message = "\x1b[2J\xc2\x9b"
                              "31mred";
  thread.updated_at = "\x1b[2J";
  for (const char c : table_line(thread, 120))
    CHECK((static_cast<unsigned char>(c) >= 0x20 || c == '\n'));
  CHECK_EQ(table_line(thread, 120).find("\xc2\x9b"), std::string::npos);
}

SCENARIO("the JSON line has every fact, unknown ones as null") {
  CHECK_EQ(json_line(sample()),
           R"({"id":"019c3762-2225-7c31-9a4e-5d0f6b7a8c21",)"
           R"("path":"/home/ada/.codex/sessions/x.jsonl","cwd":"/home/ada/demo","source":"cli",)"
           R"("model_provider":"openai","cli_version":"0.1.0","git_branch":null,)"
           R"("first_user_message":"Which files\nare here?",)"
           R"("created_at":"2026-02-07T09:15:04.101Z","updated_at":"2026-02-07T09:16:00Z"})"
           "\n");
}

SCENARIO("text is shortened by characters, not bytes") {
  CHECK_EQ(common::shortened("äöü", 3), "äöü");
  CHECK_EQ(common::shortened("äöüß", 3), "äö…");
  CHECK_EQ(common::shortened_front("äöüß", 3), "…üß");
  CHECK_EQ(common::shortened("abc", 0), "");
  CHECK_EQ(common::shortened_front("abc", 0), "");
  CHECK_EQ(common::shortened_front("abc", 1), "…");
}

SCENARIO("white space becomes one blank, other controls become visible") {
  CHECK_EQ(common::one_line("  a \t\r\n b\n"), "a b");
  CHECK_EQ(common::one_line("a\x01"), "a\xEF\xBF\xBD");
  CHECK_EQ(common::one_line(" \n"), "");
  CHECK_EQ(common::printable("a\n\tb\x1b\r"), "a\n\tb\xEF\xBF\xBD\xEF\xBF\xBD");
}

SCENARIO("times are shown to the minute, what is no time as it is") {
  CHECK_EQ(minute_text("2026-02-07T09:15:04Z"), "2026-02-07 09:15");
  CHECK_EQ(minute_text(""), "");
  CHECK_EQ(minute_text("some time ago, really"), "some time ago, really");
}
