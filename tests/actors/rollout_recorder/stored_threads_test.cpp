#define CAF_SUITE stored_threads
#include <caf/test/bdd_dsl.hpp>

#include "actors/rollout_recorder/stored_threads.hpp"

#include "actors/rollout_recorder/file_names.hpp"
#include "actors/rollout_recorder/line_codec.hpp"
#include "actors/rollout_recorder/meta_codec.hpp"
#include "actors/rollout_recorder/session_folder.hpp"
#include "tests/actors/rollout_recorder/rollout_samples.hpp"
#include "tests/support/temp_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>

using namespace troupe;
using namespace troupe::rollout_recorder;
using namespace std::chrono;
using namespace std::literals;
using troupe::test::sample_thread;

namespace {

constexpr sys_seconds noon{1'770'465'600s}; // 2026-02-07T12:00:00Z

/// A stored thread; what is left out is the same for all.
struct sample {
  unsigned n = 1;
  sys_seconds created = noon;
  std::string source = "cli";
  std::string provider = "openai";
  std::string cwd = "/nowhere";
  std::string message = "hello"; ///< empty: no user message yet
};

struct fixture {
  test::temp_folder home;

  std::filesystem::path add(const sample& x, bool is_archived = false) const {
    session_meta meta = test::sample_meta(sample_thread(x.n));
    meta.source_json = '"' + x.source + '"';
    meta.model_provider = x.provider;
    meta.cwd = x.cwd;
    std::string text;
    append_line(text, "2026-02-07T12:00:00.000Z",
                test::line(line_kind::meta, meta_json(meta, {x.created, "0.1.0", {}})));
    if (!x.message.empty())
      append_line(text, "2026-02-07T12:00:00.000Z", test::user_event(x.message));
    const rollout_name name{x.created, sample_thread(x.n)};
    return home.write(is_archived ? std::filesystem::path{"archived_sessions"} / file_name(name)
                                  : "sessions" / dated_path(name),
                      text);
  }

  rollout_page page(const list_rollouts& request) const {
    auto result = list(home.path(), request);
    REQUIRE(std::holds_alternative<rollout_page>(result));
    return std::get<rollout_page>(result);
  }
};

/// The last digits of the threads' ids.
std::string numbers(const rollout_page& page) {
  std::string text;
  for (const auto& thread : page.threads)
    text += fmt::format("{}{}", text.empty() ? "" : " ", thread.thread.bytes[15]);
  return text;
}

void set_modification_time(const std::filesystem::path& file, sys_seconds time) {
  const timespec when{time.time_since_epoch().count(), 0};
  const timespec both[2] = {when, when};
  REQUIRE_EQ(utimensat(AT_FDCWD, file.c_str(), both, 0), 0);
}

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("threads are listed newest first over days, months and years") {
  add({.n = 1, .created = noon});
  add({.n = 2, .created = noon + 1s});
  add({.n = 3, .created = noon + 24h});
  add({.n = 4, .created = noon + 24h * 60});
  add({.n = 5, .created = noon - 24h * 400});
  add({.n = 6, .created = noon + 1s});
  CHECK_EQ(numbers(page({})), "4 3 6 2 1 5");
  CHECK_EQ(page({}).next_cursor, "");
}

SCENARIO("an item says what the session_meta says") {
  const auto file = add({.n = 1, .source = "exec", .cwd = "/work", .message = " fix it "});
  set_modification_time(file, noon + 90s);
  const auto threads = page({}).threads;
  REQUIRE_EQ(threads.size(), 1U);
  CHECK((threads[0] == stored_thread{.thread = sample_thread(1),
                                     .path = file.string(),
                                     .cwd = "/work",
                                     .source = "exec",
                                     .model_provider = "openai",
                                     .cli_version = "0.1.0",
                                     .git_branch = "",
                                     .first_user_message = "fix it",
                                     .created_at = "2026-02-07T12:00:00.000Z",
                                     .updated_at = "2026-02-07T12:01:30Z"}));
}

SCENARIO("a missing folder is an empty page") {
  CHECK_EQ(numbers(page({})), "");
  CHECK_EQ(numbers(page({.archived = true})), "");
}

SCENARIO("a thread is listed from its first user message on") {
  const auto file = add({.message = ""});
  CHECK_EQ(numbers(page({})), "");
  std::string text;
  append_line(text, "2026-02-07T12:00:00.000Z", test::user_event("hello"));
  test::append_text(file, text);
  CHECK_EQ(numbers(page({})), "1");
}

SCENARIO("three threads and a page size of two make two pages") {
  for (unsigned n = 1; n <= 3; ++n)
    add({.n = n, .created = noon + seconds{n}});
  const auto first = page({.page_size = 2});
  CHECK_EQ(numbers(first), "3 2");
  CHECK_EQ(first.next_cursor, "2026-02-07T12:00:02Z|00000000-0000-4000-8000-000000000002");
  const auto second = page({.page_size = 2, .cursor = first.next_cursor});
  CHECK_EQ(numbers(second), "1");
  CHECK_EQ(second.next_cursor, "");
}

SCENARIO("threads of one second are paged by id") {
  for (unsigned n = 1; n <= 5; ++n)
    add({.n = n});
  std::string all;
  list_rollouts request{.page_size = 2};
  do {
    const auto next = page(request);
    all += numbers(next) + '|';
    request.cursor = next.next_cursor;
  } while (!request.cursor.empty());
  CHECK_EQ(all, "5 4|3 2|1|");
}

SCENARIO("threads created between two requests do not shift the second page") {
  for (unsigned n = 1; n <= 3; ++n)
    add({.n = n, .created = noon + seconds{n}});
  const auto first = page({.page_size = 2});
  add({.n = 9, .created = noon + 1h});
  CHECK_EQ(numbers(page({.page_size = 2, .cursor = first.next_cursor})), "1");
}

SCENARIO("a full page has a cursor even if no later file qualifies") {
  add({.n = 2, .created = noon + 1s});
  add({.n = 1, .message = ""});
  const auto first = page({.page_size = 1});
  CHECK(!first.next_cursor.empty());
  const auto second = page({.page_size = 1, .cursor = first.next_cursor});
  CHECK_EQ(numbers(second), "");
  CHECK_EQ(second.next_cursor, "");
}

SCENARIO("a malformed cursor is rejected") {
  const auto result = list(home.path(), {.cursor = "yesterday"});
  REQUIRE(std::holds_alternative<store_error>(result));
  CHECK(std::get<store_error>(result).code == errc::invalid_request);
}

SCENARIO("the interactive filter hides exec, mcp and sub-agent threads") {
  add({.n = 1, .source = "cli"});
  add({.n = 2, .source = "vscode"});
  add({.n = 3, .source = "exec"});
  add({.n = 4, .source = "mcp"});
  CHECK_EQ(numbers(page({.sources = {"cli", "vscode"}})), "2 1");
}

SCENARIO("a thread without a provider counts as the default one's") {
  add({.n = 1, .provider = "openai"});
  add({.n = 2, .provider = "local"});
  add({.n = 3, .provider = ""});
  CHECK_EQ(numbers(page({.providers = {"openai"}, .default_provider = "openai"})), "3 1");
  CHECK_EQ(numbers(page({.providers = {"openai"}, .default_provider = "local"})), "1");
}

SCENARIO("by update, order and cursors follow modification times") {
  for (unsigned n = 1; n <= 3; ++n)
    set_modification_time(add({.n = n, .created = noon + seconds{n}}), noon - hours{n});
  const list_rollouts request{.page_size = 2, .order = rollout_order::updated_at};
  CHECK_EQ(numbers(page(request)), "1 2");
  auto rest = request;
  rest.cursor = page(request).next_cursor;
  CHECK_EQ(rest.cursor, "2026-02-07T10:00:00Z|00000000-0000-4000-8000-000000000002");
  CHECK_EQ(numbers(page(rest)), "3");
}

SCENARIO("archived threads are listed apart") {
  add({.n = 1});
  add({.n = 2}, true);
  add({.n = 3, .created = noon + 1s}, true);
  CHECK_EQ(numbers(page({})), "1");
  CHECK_EQ(numbers(page({.archived = true})), "3 2");
}

SCENARIO("other files and folders in between are ignored") {
  add({.n = 1});
  home.write("sessions/notes.txt", "x");
  home.write("sessions/2026/spring/x.jsonl", "x");
  home.write("sessions/2026/02/07/rollout-yesterday.jsonl", "x");
  home.make_folder("sessions/2026/02/07/" + file_name({noon + 1s, sample_thread(2)}));
  CHECK_EQ(numbers(page({})), "1");
}

SCENARIO("a damaged head is passed over and does not stop the listing") {
  add({.n = 1});
  home.write("sessions" / dated_path({noon + 1s, sample_thread(2)}), "garbage\n\xff\xff");
  home.write("sessions" / dated_path({noon + 2s, sample_thread(3)}), "");
  CHECK_EQ(numbers(page({})), "1");
}

SCENARIO("damage in the first message, or in the session_meta, does not hide a thread") {
  const auto replaced = [this](std::string_view what, std::string_view by) {
    const auto file = add({.n = 1, .message = "zebra one"});
    auto text = test::text_of(file);
    text.replace(text.find(what), what.size(), by);
    home.write(std::filesystem::relative(file, home.path()), text);
    const auto found = page({}).threads;
    REQUIRE_EQ(found.size(), 1U);
    CHECK_EQ(found[0].thread, sample_thread(1));
    const auto last = find_last(home.path(), {"openai", std::nullopt});
    CHECK((last && last->thread == sample_thread(1)));
    return found[0];
  };
  const std::string mark = "\xEF\xBF\xBD";
  for (const auto bad : {"\xff"sv, "\0"sv, "\\ud800"sv, "\xe2\x82"sv}) {
    const auto message = replaced("ebr", bad).first_user_message;
    CHECK(message.starts_with("z" + mark));
    CHECK(message.ends_with(mark + "a one"));
  }
  CHECK_EQ(replaced("\"images\"", "\"images").first_user_message, "(this message is damaged)");
  const auto saved = replaced("coding", "\xff");
  CHECK_EQ(saved.cwd, "/nowhere");
  CHECK_EQ(saved.first_user_message, "zebra one");
  const auto lost = replaced("\"cwd\"", "\"cwd");
  CHECK_EQ(lost.cwd, "");
  CHECK_EQ(lost.first_user_message, "zebra one");
}

SCENARIO("a rollout that was converted to UTF-16 is listed, with what to do") {
  const auto file = add({.n = 1});
  std::string wide = "\xff\xfe";
  for (const char c : test::text_of(file))
    wide.append({c, '\0'});
  home.write(std::filesystem::relative(file, home.path()), wide);
  const auto found = page({}).threads;
  REQUIRE_EQ(found.size(), 1U);
  CHECK_EQ(found[0].thread, sample_thread(1));
  CHECK_EQ(found[0].first_user_message, "(this rollout is UTF-16; convert it to UTF-8)");
}

SCENARIO("a file without its last newline is listed") {
  const auto file = add({.n = 1});
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 1);
  CHECK_EQ(numbers(page({})), "1");
}

SCENARIO("a file is found by the id in its name") {
  const auto file = add({.n = 1, .created = noon - 24h * 40});
  add({.n = 2});
  CHECK(find_by_id(home.path(), sample_thread(1)) == file);
  CHECK(!find_by_id(home.path(), sample_thread(3)));
}

SCENARIO("a version 7 id leads to its file by its time, with a look at the next second") {
  const auto created = system_clock::time_point{noon} + 999ms;
  const auto thread = make_thread_id(created, 1, 2);
  const auto local = rollout_recorder::local_time(created).value();
  const auto file = home.write("sessions" / dated_path({local + 1s, thread}), "{}\n");
  CHECK(find_by_id(home.path(), thread) == file);
}

SCENARIO("the last thread is the most recently updated one of provider and folder") {
  const auto here = home.make_folder("here");
  set_modification_time(add({.n = 1, .cwd = here.string()}), noon + 3s);
  set_modification_time(add({.n = 2, .cwd = "/elsewhere"}), noon + 4s);
  set_modification_time(add({.n = 3, .provider = "local", .cwd = here.string()}), noon + 5s);
  set_modification_time(add({.n = 4, .cwd = here.string(), .message = ""}), noon + 6s);
  set_modification_time(add({.n = 5, .source = "exec", .cwd = here.string()}), noon + 2s);
  const auto last = [&](const last_thread_filter& filter) {
    const auto found = find_last(home.path(), filter);
    return found ? int{found->thread.bytes[15]} : 0;
  };
  CHECK_EQ(last({"openai", here}), 1);
  CHECK_EQ(last({"openai", here / ".." / "here"}), 1);
  CHECK_EQ(last({"openai", std::nullopt}), 2);
  CHECK_EQ(last({"local", here}), 3);
  CHECK_EQ(last({"nobody", here}), 0);
}

SCENARIO("folders that are gone are compared by name") {
  CHECK(is_same_folder("/gone/a", "/gone/b/../a"));
  CHECK(!is_same_folder("/gone/a", "/gone/b"));
  CHECK(!is_same_folder(home.path(), "/gone"));
}

END_FIXTURE_SCOPE()
