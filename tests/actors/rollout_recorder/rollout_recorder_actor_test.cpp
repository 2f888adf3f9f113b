#define CAF_SUITE rollout_recorder_actor
#include <caf/test/bdd_dsl.hpp>

#include "actors/rollout_recorder/rollout_recorder_actor.hpp"

#include "tests/actors/rollout_recorder/rollout_samples.hpp"
#include "tests/support/temp_folder.hpp"

#include <caf/send.hpp>

#include <deque>
#include <functional>

using namespace troupe;
using troupe::test::sample_thread;
using troupe::test::text_of;
using namespace std::chrono_literals;

namespace {

/// Blocking work that runs when the test says so.
struct job_queue {
  std::deque<std::function<void()>> jobs;
  bool is_held = false;

  void post(std::function<void()> job) {
    if (is_held)
      jobs.push_back(std::move(job));
    else
      job();
  }

  void run_one() {
    auto job = std::move(jobs.front());
    jobs.pop_front();
    job();
  }
};

struct fixture : test_coordinator_fixture<> {
  test::temp_folder home;
  std::shared_ptr<job_queue> queue = std::make_shared<job_queue>();
  rollout_recorder_actor recorder;

  fixture() { spawn_recorder({}); }
  ~fixture() {
    queue->is_held = false;
    anon_send_exit(recorder, caf::exit_reason::kill);
    run();
  }

  void spawn_recorder(rollout_recorder::limits limits) {
    if (recorder)
      anon_send_exit(recorder, caf::exit_reason::kill);
    recorder = rollout_recorder::spawn(
      sys, {.home = home.path(),
            .originator = "troupe_tests",
            .cli_version = "0.1.0",
            .clock = [] { return test::sample_time; },
            .post = [queue = queue](std::function<void()> job) { queue->post(std::move(job)); },
            .limits = limits});
    run();
  }

  void settle() {
    consume_messages();
    while (!queue->jobs.empty()) {
      queue->run_one();
      consume_messages();
    }
  }

  /// The answer to a request, or the error's code.
  template <class Answer, class Request>
  std::variant<Answer, errc> ask(const Request& request) {
    auto handle = self->request(recorder, caf::infinite, request);
    settle();
    return answer<Answer>(handle);
  }

  template <class Answer, class Handle>
  std::variant<Answer, errc> answer(Handle& handle) {
    std::variant<Answer, errc> result = errc::no_error;
    const auto on_error = [&](caf::error& error) {
      result =
        error.category() == caf::type_id_v<errc> ? static_cast<errc>(error.code()) : errc::internal;
    };
    if constexpr (std::is_same_v<Answer, std::monostate>)
      handle.receive([&] { result = std::monostate{}; }, on_error);
    else
      handle.receive([&](Answer& x) { result = std::move(x); }, on_error);
    return result;
  }

  auto begin_append(unsigned n, std::string_view text) {
    auto handle = self->request(recorder, caf::infinite,
                                append_rollout{sample_thread(n), {test::user_event(text)}});
    consume_messages();
    return handle;
  }

  /// `errc::no_error` when it was written.
  template <class Request>
  errc done(const Request& request) {
    const auto result = ask<std::monostate>(request);
    return std::holds_alternative<errc>(result) ? std::get<errc>(result) : errc::no_error;
  }

  template <class Handle>
  errc outcome(Handle& handle) {
    const auto result = answer<std::monostate>(handle);
    return std::holds_alternative<errc>(result) ? std::get<errc>(result) : errc::no_error;
  }

  std::string create(unsigned n) {
    const auto result = ask<rollout_opened>(create_rollout{test::sample_meta(sample_thread(n))});
    REQUIRE(std::holds_alternative<rollout_opened>(result));
    return std::get<rollout_opened>(result).path;
  }

  errc append(unsigned n, std::string_view text) {
    return done(append_rollout{sample_thread(n), {test::user_event(text)}});
  }

  errc close(unsigned n) { return done(close_rollout{sample_thread(n)}); }

  /// Number of lines, or the error.
  std::variant<std::size_t, errc> load(const load_rollout& request) {
    const auto result = ask<rollout_history>(request);
    if (const auto* history = std::get_if<rollout_history>(&result))
      return history->lines.size();
    return std::get<errc>(result);
  }
};

using line_count = std::variant<std::size_t, errc>;

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a thread is created, written, closed and loaded again") {
  const auto path = create(1);
  CHECK_EQ(append(1, "hello"), errc::no_error);
  CHECK_EQ(append(1, "again"), errc::no_error);
  CHECK_EQ(close(1), errc::no_error);
  CHECK(load({sample_thread(1), ""}) == line_count{3U});
  CHECK_EQ(append(1, "resumed"), errc::no_error);
  CHECK_EQ(close(1), errc::no_error);
  CHECK(load({std::nullopt, path}) == line_count{4U});
}

SCENARIO("a resumed thread goes on in the same file, which nothing else changes") {
  const auto path = create(1);
  close(1);
  const auto before = text_of(path);
  load({std::nullopt, path});
  CHECK_EQ(text_of(path), before);
  append(1, "next");
  CHECK(text_of(path).starts_with(before));
  CHECK(text_of(path).size() > before.size());
}

SCENARIO("a thread that is open here is not opened again") {
  const auto path = create(1);
  CHECK(load({sample_thread(1), ""}) == line_count{errc::invalid_request});
  CHECK(load({std::nullopt, path}) == line_count{errc::invalid_request});
  const auto other_name = home.path() / "renamed.jsonl";
  std::filesystem::create_hard_link(path, other_name);
  CHECK(load({std::nullopt, other_name.string()}) == line_count{errc::invalid_request});
  CHECK_EQ(std::get<errc>(ask<rollout_opened>(create_rollout{test::sample_meta(sample_thread(1))})),
           errc::invalid_request);
  CHECK_EQ(append(1, "still works"), errc::no_error);
}

SCENARIO("a file belongs to the thread in its first line, whatever it is called") {
  const auto path = create(1);
  close(1);
  const auto misnamed = home.path() / "sessions/2026/02/07" /
                        "rollout-2026-02-07T10-15-04-00000000-0000-4000-8000-000000000002.jsonl";
  std::filesystem::rename(path, misnamed);
  CHECK(load({std::nullopt, misnamed.string()}) == line_count{1U});
  CHECK_EQ(append(2, "not mine"), errc::no_such_rollout);
  CHECK_EQ(append(1, "mine"), errc::no_error);
}

SCENARIO("threads that are not open cannot be written or closed") {
  CHECK_EQ(append(1, "x"), errc::no_such_rollout);
  CHECK_EQ(close(1), errc::no_such_rollout);
  CHECK(load({sample_thread(1), ""}) == line_count{errc::no_such_rollout});
  CHECK(load({std::nullopt, home.write("empty.jsonl", "").string()}) ==
        line_count{errc::rollout_unreadable});
  create(1);
  close(1);
  CHECK_EQ(append(1, "x"), errc::no_such_rollout);
}

SCENARIO("appends and a close before the file is there wait for it") {
  queue->is_held = true;
  auto opened =
    self->request(recorder, caf::infinite, create_rollout{test::sample_meta(sample_thread(1))});
  auto first = begin_append(1, "one");
  auto second = begin_append(1, "two");
  auto closed = self->request(recorder, caf::infinite, close_rollout{sample_thread(1)});
  settle();
  const auto created = answer<rollout_opened>(opened);
  REQUIRE(std::holds_alternative<rollout_opened>(created));
  CHECK_EQ(outcome(first), errc::no_error);
  CHECK_EQ(outcome(second), errc::no_error);
  CHECK_EQ(outcome(closed), errc::no_error);
  CHECK(load({sample_thread(1), ""}) == line_count{3U});
}

SCENARIO("an answer comes only after the write, and what queued meanwhile is one more write") {
  const auto path = create(1);
  const auto before = text_of(path);
  queue->is_held = true;
  auto first = begin_append(1, "one");
  auto second = begin_append(1, "two");
  auto third = begin_append(1, "three");
  REQUIRE_EQ(queue->jobs.size(), 1U);
  CHECK_EQ(text_of(path), before);
  queue->run_one();
  consume_messages();
  CHECK_EQ(outcome(first), errc::no_error);
  REQUIRE_EQ(queue->jobs.size(), 1U);
  settle();
  CHECK_EQ(outcome(second), errc::no_error);
  CHECK_EQ(outcome(third), errc::no_error);
  const auto text = text_of(path);
  CHECK(text.find("one") < text.find("two"));
  CHECK(text.find("two") < text.find("three"));
}

SCENARIO("a thread whose file cannot be written lives, and goes on when it can") {
  const auto path = create(1);
  close(1);
  spawn_recorder({.table = {.open_files = 0}});
  REQUIRE(load({std::nullopt, path}) == line_count{1U});
  const auto aside = path + ".aside";
  std::filesystem::rename(path, aside);
  std::string message;
  auto handle = self->request(recorder, caf::infinite,
                              append_rollout{sample_thread(1), {test::user_event("lost")}});
  settle();
  handle.receive([] { FAIL("written to a missing file"); },
                 [&](const caf::error& error) { message = to_string(error); });
  CHECK(message.find("rollout_unwritable") != std::string::npos);
  CHECK(message.find(path) != std::string::npos);
  std::filesystem::rename(aside, path);
  CHECK_EQ(append(1, "kept"), errc::no_error);
  CHECK_EQ(text_of(path).find("lost"), std::string::npos);
  CHECK(text_of(path).find("kept") != std::string::npos);
}

SCENARIO("a creation that fails takes the thread's appends with it") {
  home.write("sessions", "a file where the folder should be");
  queue->is_held = true;
  auto opened =
    self->request(recorder, caf::infinite, create_rollout{test::sample_meta(sample_thread(1))});
  auto appended = begin_append(1, "x");
  settle();
  CHECK_EQ(std::get<errc>(answer<rollout_opened>(opened)), errc::rollout_unwritable);
  CHECK_EQ(outcome(appended), errc::rollout_unwritable);
  CHECK_EQ(append(1, "x"), errc::no_such_rollout);
}

SCENARIO("many threads need few descriptors") {
  spawn_recorder({.table = {.open_files = 2}});
  for (unsigned n = 1; n <= 20; ++n)
    create(n);
  for (unsigned n = 1; n <= 20; ++n)
    CHECK_EQ(append(n, "hello"), errc::no_error);
  for (unsigned n = 1; n <= 20; ++n) {
    CHECK_EQ(close(n), errc::no_error);
    CHECK(load({sample_thread(n), ""}) == line_count{2U});
  }
}

SCENARIO("listing goes page by page") {
  for (unsigned n = 1; n <= 3; ++n) {
    create(n);
    append(n, "hello");
  }
  const auto first = std::get<rollout_page>(ask<rollout_page>(list_rollouts{.page_size = 2}));
  CHECK_EQ(first.threads.size(), 2U);
  const auto second = std::get<rollout_page>(
    ask<rollout_page>(list_rollouts{.page_size = 2, .cursor = first.next_cursor}));
  CHECK_EQ(second.threads.size(), 1U);
  CHECK_EQ(std::get<errc>(ask<rollout_page>(list_rollouts{.cursor = "bad"})),
           errc::invalid_request);
}

SCENARIO("beyond a bound the answer is queue_full, at once") {
  spawn_recorder({.table = {.open_rollouts = 1, .per_thread = {.max_appends = 1}},
                  .waiting_operations = 1,
                  .parallel_operations = 1});
  create(1);
  CHECK_EQ(std::get<errc>(ask<rollout_opened>(create_rollout{test::sample_meta(sample_thread(2))})),
           errc::queue_full);
  queue->is_held = true;
  auto running = self->request(recorder, caf::infinite, list_rollouts{});
  auto waiting = self->request(recorder, caf::infinite, list_rollouts{});
  auto refused = self->request(recorder, caf::infinite, list_rollouts{});
  auto written = begin_append(1, "one");
  auto too_many = begin_append(1, "two");
  CHECK_EQ(std::get<errc>(answer<rollout_page>(refused)), errc::queue_full);
  CHECK_EQ(outcome(too_many), errc::queue_full);
  settle();
  CHECK(std::holds_alternative<rollout_page>(answer<rollout_page>(running)));
  CHECK(std::holds_alternative<rollout_page>(answer<rollout_page>(waiting)));
  CHECK_EQ(outcome(written), errc::no_error);
}

SCENARIO("at its end the recorder writes everything that is queued") {
  const auto path = create(1);
  queue->is_held = true;
  auto first = begin_append(1, "one");
  auto second = begin_append(1, "two");
  anon_send_exit(recorder, caf::exit_reason::user_shutdown);
  consume_messages();
  auto late = begin_append(1, "late");
  CHECK_EQ(outcome(late), errc::shutting_down);
  settle();
  CHECK_EQ(outcome(first), errc::no_error);
  CHECK_EQ(outcome(second), errc::no_error);
  CHECK(text_of(path).find("two") != std::string::npos);
  CHECK_EQ(text_of(path).find("late"), std::string::npos);
  auto after = begin_append(1, "after");
  CHECK_EQ(outcome(after), errc::internal); // the actor is gone
}

SCENARIO("at its end the recorder refuses what has not begun") {
  spawn_recorder({.parallel_operations = 1});
  queue->is_held = true;
  auto begun =
    self->request(recorder, caf::infinite, create_rollout{test::sample_meta(sample_thread(1))});
  auto waiting =
    self->request(recorder, caf::infinite, create_rollout{test::sample_meta(sample_thread(2))});
  auto appended = begin_append(2, "x");
  anon_send_exit(recorder, caf::exit_reason::user_shutdown);
  consume_messages();
  CHECK_EQ(std::get<errc>(answer<rollout_opened>(waiting)), errc::shutting_down);
  CHECK_EQ(outcome(appended), errc::shutting_down);
  settle();
  CHECK(std::holds_alternative<rollout_opened>(answer<rollout_opened>(begun)));
}

SCENARIO("a disk that hangs does not keep the recorder from ending") {
  create(1);
  queue->is_held = true;
  auto stuck = begin_append(1, "one");
  auto behind = begin_append(1, "two");
  anon_send_exit(recorder, caf::exit_reason::user_shutdown);
  consume_messages();
  advance_time(10s);
  consume_messages();
  CHECK_EQ(outcome(stuck), errc::shutting_down);
  CHECK_EQ(outcome(behind), errc::shutting_down);
  settle(); // the disk answers after all; nobody is there to hear it
}

SCENARIO("a restarted recorder goes on with a live thread's file without reading it") {
  const auto path = create(1);
  append(1, "before");
  spawn_recorder({});
  test::append_text(path, R"({"timestamp":"torn)");
  const auto before = text_of(path);
  queue->is_held = true;
  auto reopened = self->request(recorder, caf::infinite, reopen_rollout{sample_thread(1), path});
  consume_messages();
  CHECK(queue->jobs.empty()); // nothing of the disk is wanted
  CHECK_EQ(outcome(reopened), errc::no_error);
  CHECK_EQ(append(1, "after"), errc::no_error);
  CHECK(text_of(path).starts_with(before + "\n{"));
  CHECK_EQ(close(1), errc::no_error);
}

SCENARIO("a restarted recorder takes back more threads than may wait for the disk") {
  constexpr unsigned count = 70'000;
  rollout_recorder::limits limits;
  limits.waiting_operations = 10;
  spawn_recorder(limits);
  std::size_t refused = 0;
  for (unsigned n = 1; n <= count; ++n)
    refused += done(reopen_rollout{sample_thread(n), "/somewhere"}) == errc::no_error ? 0 : 1;
  CHECK_EQ(refused, 0u);
  CHECK_EQ(done(reopen_rollout{sample_thread(1), "/somewhere"}), errc::invalid_request);
}

SCENARIO("a file that is not the thread's any more is not written to") {
  const auto path = create(1);
  create(2);
  close(2);
  const auto other = create(3);
  spawn_recorder({});
  CHECK_EQ(done(reopen_rollout{sample_thread(1), other}), errc::no_error);
  const auto before = text_of(other);
  CHECK_EQ(append(1, "astray"), errc::rollout_unwritable);
  CHECK_EQ(text_of(other), before);
  CHECK_EQ(done(reopen_rollout{sample_thread(4), home.write("empty.jsonl", "").string()}),
           errc::no_error);
  CHECK_EQ(append(4, "astray"), errc::rollout_unwritable);
}

END_FIXTURE_SCOPE()
