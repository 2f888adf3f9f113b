#define CAF_SUITE exec_driver
#include <caf/test/bdd_dsl.hpp>

#include "actors/thread_manager/thread_manager_actor.hpp"
#include "apps/exec/exec_driver_actor.hpp"
#include "tests/apps/exec_events_fixture.hpp"
#include "tests/apps/fake_threads.hpp"
#include "tests/support/temp_folder.hpp"

#include <caf/group.hpp>
#include <caf/group_manager.hpp>
#include <caf/send.hpp>

#include <fcntl.h>
#include <sstream>
#include <unistd.h>

using namespace troupe;
using namespace troupe::exec;
using namespace std::chrono_literals;
using apps_test::fake_threads;

namespace {

/// Answers `list_rollouts` with the given pages, one after the other.
rollout_recorder_actor::behavior_type fake_recorder(rollout_recorder_actor::pointer,
                                                    const std::vector<rollout_page>& pages) {
  return {
    [](const create_rollout&) { return caf::result<rollout_opened>{rollout_opened{}}; },
    [](const load_rollout&) { return caf::result<rollout_history>{rollout_history{}}; },
    [](const append_rollout&) { return caf::result<void>{caf::unit}; },
    [](const close_rollout&) { return caf::result<void>{caf::unit}; },
    [](const reopen_rollout&) { return caf::result<void>{caf::unit}; },
    [pages](const list_rollouts& x) {
      const auto page = x.cursor.empty() ? 0 : std::stoul(x.cursor);
      return caf::result<rollout_page>{pages.at(page)};
    },
  };
}

struct fixture : test_coordinator_fixture<> {
  test::temp_folder folder;
  apps_test::fake_threads_ptr threads = std::make_shared<fake_threads>();
  thread_manager_actor manager = apps_test::spawn_fake_manager(sys, threads);
  rollout_recorder_actor recorder;
  exec_driver_actor driver;
  std::future<exec_result> result;
  int out = ::open((folder.path() / "out").c_str(), O_CREAT | O_WRONLY, 0600);
  int err = ::open((folder.path() / "err").c_str(), O_CREAT | O_WRONLY, 0600);

  ~fixture() {
    for (const auto& x : {caf::actor_cast<caf::actor>(manager), caf::actor_cast<caf::actor>(driver),
                          caf::actor_cast<caf::actor>(recorder)})
      if (x)
        caf::anon_send_exit(x, caf::exit_reason::kill);
    threads->sink = nullptr;
    run();
    ::close(out);
    ::close(err);
  }

  void start(thread_choice choice, const std::vector<rollout_page>& pages = {}) {
    recorder = sys.spawn(fake_recorder, pages);
    exec_job job;
    job.thread = std::move(choice);
    job.config.cwd = "/ws";
    job.config.provider = "openai";
    job.input.items = {text_input{"do it"}};
    job.prompt = "do it";
    std::promise<exec_result> promise;
    result = promise.get_future();
    driver = spawn_driver(
      sys, std::move(job),
      {manager, recorder,
       printer{{common::output_channel{out}, common::output_channel{err}}, jsonl_events{}}},
      std::move(promise));
    consume_messages();
  }

  void start() { start(start_thread{}); }

  void say(std::vector<event_msg> events) {
    caf::anon_send(driver, apps_test::batch(fake_threads::id(0), std::move(events)));
    consume_messages();
  }

  void interrupt() {
    caf::anon_send(driver, interrupt_turn{});
    consume_messages();
  }

  bool is_over() const { return result.wait_for(0s) == std::future_status::ready; }

  std::string printed() const {
    std::ostringstream text;
    text << std::ifstream{folder.path() / "out"}.rdbuf();
    return text.str();
  }
};

const std::string thread_line =
  "{\"type\":\"thread.started\",\"thread_id\":\"00000000-0000-0000-0000-000000000001\"}\n";

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a turn is submitted, printed and ended") {
  start();
  CHECK_EQ(printed(), thread_line);
  REQUIRE_EQ(threads->submitted<user_input>(), 1u);
  say({task_started{}, exec_events::said("hi")});
  CHECK_EQ(threads->credit, 2u);
  CHECK(!is_over());
  say({task_complete{"hi"}, exec_events::said("late")});
  REQUIRE(is_over());
  const auto outcome = result.get();
  CHECK(outcome.outcome.status() == common::turn_status::completed);
  CHECK_EQ(outcome.outcome.final_message(), "hi");
  CHECK(printed().find("\"late\"") == std::string::npos);
  CHECK(printed().ends_with("\"reasoning_output_tokens\":0}}\n"));
}

SCENARIO("a thread that cannot be started prints nothing and says why") {
  threads->start_error = caf::make_error(errc::invalid_config, "no such provider");
  start();
  REQUIRE(is_over());
  CHECK_EQ(result.get().start_error, "no such provider");
  CHECK_EQ(printed(), "");
}

SCENARIO("an unknown id is refused in the words of the released binary") {
  threads->start_error = caf::make_error(errc::no_such_rollout, "whatever");
  start(resume_thread{fake_threads::id(7), {}, {}});
  REQUIRE(is_over());
  CHECK_EQ(result.get().start_error,
           "thread/resume: thread/resume failed: no rollout found for thread id "
           "00000000-0000-0000-0000-000000000008 (code -32600)");
}

SCENARIO("--last resumes the newest thread of the directory, page by page") {
  rollout_page first, second;
  first.threads.resize(1);
  first.threads[0].cwd = "/other";
  first.next_cursor = "1";
  second.threads.resize(1);
  second.threads[0].cwd = "/ws";
  second.threads[0].thread = fake_threads::id(4);
  second.threads[0].path = "/rollout";
  start(resume_last{"/ws"}, {first, second});
  REQUIRE_EQ(threads->resumed.size(), 1u);
  CHECK_EQ(threads->resumed[0].path, "/rollout");
  CHECK(threads->resumed[0].thread == fake_threads::id(4));
}

SCENARIO("--last --all takes the newest of any directory") {
  rollout_page page;
  page.threads.resize(1);
  page.threads[0].cwd = "/other";
  page.threads[0].path = "/rollout";
  start(resume_last{""}, {page});
  REQUIRE_EQ(threads->resumed.size(), 1u);
  CHECK_EQ(threads->resumed[0].path, "/rollout");
}

SCENARIO("--last without an earlier thread starts a new one") {
  start(resume_last{"/ws"}, {rollout_page{}});
  CHECK(threads->resumed.empty());
  REQUIRE_EQ(threads->started.size(), 1u);
  CHECK_EQ(threads->started[0].cwd, "/ws");
}

SCENARIO("Ctrl-C interrupts the turn, which ends without a terminal line") {
  start();
  say({task_started{}});
  interrupt();
  interrupt();
  CHECK_EQ(threads->submitted<interrupt_turn>(), 1u);
  CHECK(!is_over());
  say({turn_aborted{}});
  REQUIRE(is_over());
  CHECK(result.get().outcome.status() == common::turn_status::interrupted);
  CHECK_EQ(printed(), thread_line + "{\"type\":\"turn.started\"}\n");
}

SCENARIO("an interrupted turn that does not end is given up") {
  start();
  interrupt();
  advance_time(4s);
  consume_messages();
  CHECK(!is_over());
  advance_time(1s);
  consume_messages();
  REQUIRE(is_over());
  CHECK(result.get().outcome.status() == common::turn_status::interrupted);
}

SCENARIO("a thread that dies fails the turn") {
  start();
  say({task_started{}});
  const auto group = sys.groups().get_local(thread_manager::thread_events_group);
  caf::anon_send(group, thread_closed{fake_threads::id(3), "not ours", {}});
  consume_messages();
  CHECK(!is_over());
  caf::anon_send(group, thread_closed{fake_threads::id(0), "internal", {}});
  consume_messages();
  REQUIRE(is_over());
  CHECK_EQ(result.get().outcome.error(), "the thread ended unexpectedly: internal");
  CHECK(printed().ends_with("{\"type\":\"turn.failed\",\"error\":{\"message\":\"the thread ended "
                            "unexpectedly: internal\"}}\n"));
}

SCENARIO("events that were lost fail the turn, since its end may be among them") {
  start();
  caf::anon_send(driver, events_lagged{fake_threads::id(0), 5, 9});
  consume_messages();
  REQUIRE(is_over());
  CHECK_EQ(result.get().outcome.error(), "events 5 to 9 were lost");
}

END_FIXTURE_SCOPE()
