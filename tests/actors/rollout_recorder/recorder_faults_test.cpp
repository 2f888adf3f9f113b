#define CAF_SUITE recorder_faults
#include <caf/test/bdd_dsl.hpp>

#include "actors/rollout_recorder/line_codec.hpp"
#include "actors/rollout_recorder/rollout_recorder_actor.hpp"
#include "actors/rollout_recorder/session_folder.hpp"
#include "net/blocking_pool.hpp"
#include "tests/actors/rollout_recorder/file_size_limit.hpp"
#include "tests/actors/rollout_recorder/rollout_samples.hpp"
#include "tests/support/temp_folder.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

using namespace troupe;
using troupe::test::sample_thread;

namespace {

namespace fs = std::filesystem;

/// A recorder as a node has it: real threads, real files.
struct node {
  explicit node(const fs::path& home) {
    recorder = rollout_recorder::spawn(
      system, {.home = home,
               .originator = "troupe_tests",
               .cli_version = "0.1.0",
               .post = [this](std::function<void()> job) { pool.post(std::move(job)); },
               .limits = {}});
  }
  ~node() {
    caf::anon_send_exit(recorder, caf::exit_reason::user_shutdown);
    recorder = nullptr;
    system.await_all_actors_done();
    pool.stop();
  }

  caf::actor_system_config config;
  caf::actor_system system{config};
  net::blocking_pool pool{4};
  rollout_recorder_actor recorder;
};

std::string numbered(int n) {
  return fmt::format("line {}", n);
}

rollout_history history_of(const fs::path& path) {
  auto result = rollout_recorder::read_rollout(path);
  REQUIRE(std::holds_alternative<rollout_history>(result));
  return std::get<rollout_history>(std::move(result));
}

/// How many of the lines "line 0", "line 1", ... are there, without gaps.
int count_numbered(const rollout_history& history) {
  int next = 0;
  for (const auto& line : history.lines)
    if (line == test::user_event(numbered(next)))
      ++next;
  return next;
}

/// Appends for ever and tells the pipe after each answer.
[[noreturn]] void append_until_killed(const fs::path& home, int acknowledged) {
  node node{home};
  caf::scoped_actor self{node.system};
  const auto refused = [](const caf::error&) { _exit(1); };
  self->request(node.recorder, caf::infinite, create_rollout{test::sample_meta(sample_thread(1))})
    .receive([](const rollout_opened&) {}, refused);
  for (int n = 0;; ++n) {
    self
      ->request(node.recorder, caf::infinite,
                append_rollout{sample_thread(1), {test::user_event(numbered(n))}})
      .receive([] {}, refused);
    if (write(acknowledged, &n, sizeof(n)) != sizeof(n))
      _exit(1);
  }
}

/// Creates a thread, appends to it without waiting, closes it, tells `listener`.
caf::behavior busy_thread(caf::event_based_actor* self, rollout_recorder_actor recorder, unsigned n,
                          caf::actor listener) {
  const auto failed = [=](caf::error& error) {
    self->send(listener, error);
    self->quit();
  };
  self->request(recorder, caf::infinite, create_rollout{test::sample_meta(sample_thread(n))})
    .then([](const rollout_opened&) {}, failed);
  for (int i = 0; i < 20; ++i)
    self
      ->request(recorder, caf::infinite,
                append_rollout{sample_thread(n), {test::user_event(numbered(i))}})
      .then([] {}, failed);
  self->request(recorder, caf::infinite, close_rollout{sample_thread(n)})
    .then(
      [=] {
        self->send(listener, caf::ok_atom_v);
        self->quit();
      },
      failed);
  return {[](caf::unit_t) {}};
}

} // namespace

SCENARIO("every line that was acknowledged survives a kill -9") {
  for (int round = 0; round < 5; ++round) {
    const test::temp_folder home;
    int pipe_ends[2];
    REQUIRE_EQ(pipe(pipe_ends), 0);
    const auto child = fork();
    REQUIRE(child >= 0);
    if (child == 0)
      append_until_killed(home.path(), pipe_ends[1]);
    close(pipe_ends[1]);
    int last = -1;
    for (int wanted = 50 * (round + 1); last < wanted;)
      REQUIRE_EQ(read(pipe_ends[0], &last, sizeof(last)), ssize_t{sizeof(last)});
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    for (int n = 0; read(pipe_ends[0], &n, sizeof(n)) == ssize_t{sizeof(n)};)
      last = n; // acknowledged before the end, read after it
    close(pipe_ends[0]);

    const auto file = rollout_recorder::find_dated(home.path() / "sessions", sample_thread(1));
    REQUIRE(file.has_value());
    CHECK(count_numbered(history_of(*file)) > last);
  }
}

SCENARIO("a thousand threads append at the same time, and nothing is lost or out of order") {
  const test::temp_folder home;
  constexpr unsigned threads = 1000;
  {
    node node{home.path()};
    caf::scoped_actor self{node.system};
    for (unsigned n = 1; n <= threads; ++n)
      node.system.spawn(busy_thread, node.recorder, n, caf::actor_cast<caf::actor>(self));
    for (unsigned n = 1; n <= threads; ++n)
      self->receive([](caf::ok_atom) {}, [](const caf::error& error) { FAIL(to_string(error)); });
  }
  unsigned complete = 0;
  rollout_recorder::walk_dated(
    home.path() / "sessions", [&](const rollout_recorder::list_candidate& candidate) {
      const auto history = history_of(candidate.path);
      complete += history.lines.size() == 21 && count_numbered(history) == 20 ? 1 : 0;
      return rollout_recorder::walk::on;
    });
  CHECK_EQ(complete, threads);
}

SCENARIO("a file that cannot grow fails appends with the cause, and the thread goes on later") {
  const test::temp_folder home;
  node node{home.path()};
  caf::scoped_actor self{node.system};
  std::string path;
  self->request(node.recorder, caf::infinite, create_rollout{test::sample_meta(sample_thread(1))})
    .receive([&](const rollout_opened& x) { path = x.path; },
             [](const caf::error& error) { FAIL(to_string(error)); });
  const auto append = [&](const rollout_line& line) {
    caf::error result;
    self->request(node.recorder, caf::infinite, append_rollout{sample_thread(1), {line}})
      .receive([] {}, [&](const caf::error& error) { result = error; });
    return result;
  };
  {
    const test::file_size_limit limit{fs::file_size(path) + 20};
    const auto error = append(test::user_event("lost"));
    CHECK(error == errc::rollout_unwritable);
    CHECK(to_string(error).find("File too large") != std::string::npos);
    CHECK(append(test::user_event("lost, too")) == errc::rollout_unwritable);
  }
  CHECK(!append(test::user_event("kept")));
  const auto history = history_of(path);
  CHECK_EQ(history.lines.size(), 2U);
  CHECK(history.lines.back() == test::user_event("kept"));
  CHECK_EQ(history.damaged_lines, 1U);
}

SCENARIO("a rollout of 100 MB is loaded whole") {
  const test::temp_folder home;
  constexpr std::size_t count = 50'000;
  std::string text;
  text.reserve(110'000'000);
  rollout_recorder::append_line(
    text, "2026-02-07T09:15:04.120Z",
    test::line(line_kind::meta, fmt::format(R"({{"id":"{}"}})", to_string(sample_thread(1)))));
  const auto item = test::assistant_item(std::string(1900, 'x') + R"(\n\"quoted\" é)");
  while (text.size() < count * 2100)
    rollout_recorder::append_line(text, "2026-02-07T09:15:04.120Z", item);
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  const auto file = home.write("large.jsonl", text);
  text = {};
  const auto loaded =
    rollout_recorder::load(test::sample_settings(home.path()), {std::nullopt, file.string()});
  REQUIRE(std::holds_alternative<rollout_recorder::loaded_rollout>(loaded));
  const auto& history = std::get<rollout_recorder::loaded_rollout>(loaded).history;
  CHECK_EQ(history.lines.size(), lines);
  CHECK(history.lines.back() == item);
  CHECK_EQ(history.damaged_lines, 0U);
}
