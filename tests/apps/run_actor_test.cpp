#define CAF_SUITE run_actor
#include <caf/test/bdd_dsl.hpp>

#include "actors/thread_manager/thread_manager_actor.hpp"
#include "apps/run/run_actor.hpp"
#include "tests/apps/exec_events_fixture.hpp"
#include "tests/apps/fake_threads.hpp"
#include "tests/support/temp_folder.hpp"

#include <caf/group.hpp>
#include <caf/group_manager.hpp>
#include <caf/send.hpp>

#include <deque>
#include <fcntl.h>
#include <sstream>
#include <unistd.h>

using namespace troupe;
using namespace troupe::run;
using namespace std::chrono_literals;
using apps_test::fake_threads;

namespace {

struct fixture : test_coordinator_fixture<> {
  test::temp_folder folder;
  apps_test::fake_threads_ptr threads = std::make_shared<fake_threads>();
  thread_manager_actor manager = apps_test::spawn_fake_manager(sys, threads);
  run_actor uut;
  std::future<run_outcome> result;
  int told = ::open((folder.path() / "told").c_str(), O_CREAT | O_WRONLY, 0600); ///< standard error
  std::deque<std::function<void()>> jobs; ///< of the blocking pool; `settle` does them
  std::string announced;                  ///< lines that were told to be on the disk

  ~fixture() {
    caf::anon_send_exit(manager, caf::exit_reason::kill);
    if (uut)
      caf::anon_send_exit(uut, caf::exit_reason::kill);
    threads->sink = nullptr;
    settle();
    ::close(told);
  }

  /// Starts a run over `count` tasks with fresh workspaces.
  void start(std::size_t count, board_limits limits = {}) {
    auto setup = std::make_shared<run_setup>();
    setup->out = folder.path() / "out";
    setup->base.settings.home = folder.make_folder("home");
    setup->base.environment = [](std::string_view) { return std::optional<std::string>{}; };
    run_job job;
    job.setup = std::move(setup);
    job.limits = limits;
    for (std::size_t i = 0; i < count; ++i) {
      task x;
      x.id = std::to_string(i + 1);
      x.prompt = "task " + x.id;
      job.tasks.push_back(std::move(x));
      job.plan.todo.push_back({i, 1});
    }
    auto results = result_file::open(folder.path() / "out");
    std::promise<run_outcome> promise;
    result = promise.get_future();
    uut = spawn_run(
      sys, std::move(job),
      {.threads = manager,
       .post = [this](std::function<void()> job_) { jobs.push_back(std::move(job_)); },
       .post_preparation =
         [this](std::function<void()> job_) {
           if (!folders_hang)
             jobs.push_back(std::move(job_));
         },
       .results = std::make_shared<result_file>(std::get<result_file>(std::move(results))),
       .progress = {common::output_channel{told}, progress_style::none, {}},
       .on_written =
         [this](std::string_view lines) {
           announced += lines;
           return output_error;
         },
       .is_interactive_stop = [this] { return stop_is_interactive; }},
      std::move(promise));
    settle();
  }

  std::error_code output_error; ///< of what `--json` prints
  bool stop_is_interactive = true;
  bool folders_hang = false;

  /// What the user was told.
  std::string told_text() const { return content_of(folder.path() / "told"); }

  void settle() {
    consume_messages();
    while (!jobs.empty()) {
      auto job = std::move(jobs.front());
      jobs.pop_front();
      job();
      consume_messages();
    }
  }

  void say(std::size_t thread, std::vector<event_msg> events) {
    caf::anon_send(uut, apps_test::batch(fake_threads::id(thread), std::move(events)));
    settle();
  }

  void stop() {
    caf::anon_send(uut, interrupt_turn{});
    settle();
  }

  bool is_over() const { return result.wait_for(0s) == std::future_status::ready; }

  std::string prompt_of(std::size_t submission) const {
    const auto& input = std::get<user_input>(threads->submissions.at(submission).submission.op);
    return std::get<text_input>(input.items.at(0)).text;
  }

  earlier_results stored() const {
    return read_results(content_of(results_path(folder.path() / "out")));
  }

  static std::string content_of(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream{file}.rdbuf();
    return text.str();
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("every task gets a workspace, a thread and a result") {
  start(2);
  REQUIRE_EQ(threads->started.size(), 2u);
  CHECK_EQ(threads->started[0].cwd, (folder.path() / "out/workspaces/1/attempt-1").string());
  CHECK(threads->started[0].sandbox_policy.mode == sandbox_mode::workspace_write);
  CHECK(threads->started[0].approval_policy == approval_policy::never);
  CHECK(std::filesystem::is_directory(threads->started[1].cwd));
  REQUIRE_EQ(threads->submitted<user_input>(), 2u);
  CHECK_EQ(prompt_of(0), "task 1");
  CHECK_EQ(prompt_of(1), "task 2");
  say(1, {task_started{}, exec_events::said("two"), task_complete{"two"}});
  CHECK(!is_over());
  CHECK_EQ(stored().latest.at("2").final_message, "two");
  CHECK_EQ(threads->credit, 3u);
  say(0, {exec_events::failed("broke"), task_complete{}});
  REQUIRE(is_over());
  const auto outcome = result.get();
  CHECK_EQ(outcome.results.size(), 2u);
  CHECK(!outcome.stopped);
  CHECK_EQ(stored().latest.at("1").error, "broke");
  CHECK_EQ(threads->removed.size(), 2u);
  CHECK_EQ(std::ranges::count(announced, '\n'), 2);
}

SCENARIO("only so many threads are alive at once") {
  start(3, {.concurrency = 1});
  CHECK_EQ(threads->started.size(), 1u);
  say(0, {task_complete{}});
  CHECK_EQ(threads->started.size(), 2u);
  say(1, {task_complete{}});
  say(2, {task_complete{}});
  CHECK(is_over());
}

SCENARIO("a workspace that cannot be made fails its task") {
  folder.write("out/workspaces", "a file is in the way");
  start(1);
  REQUIRE(is_over());
  CHECK(threads->started.empty());
  const auto record = result.get().results.at(0);
  CHECK(record.status == task_status::failed);
  CHECK(record.error.starts_with("cannot create the workspace "));
}

SCENARIO("folders that do not answer are told, and fail their task in the end") {
  folders_hang = true;
  start(1);
  advance_time(30s);
  settle();
  CHECK(told_text().find("no answer for 30 s from the folders of task 1") != std::string::npos);
  CHECK(!is_over());
  advance_time(570s);
  settle();
  REQUIRE(is_over());
  const auto record = result.get().results.at(0);
  CHECK(record.status == task_status::failed);
  CHECK(record.error.starts_with("no answer for 600 s from the folders of this task"));
}

SCENARIO("a stop waits for no folder") {
  folders_hang = true;
  start(1);
  stop();
  CHECK(is_over());
}

SCENARIO("a thread that cannot be started fails its task") {
  threads->start_error = caf::make_error(errc::sandbox_unavailable, "bubblewrap is missing");
  start(1);
  REQUIRE(is_over());
  CHECK_EQ(result.get().results.at(0).error, "bubblewrap is missing");
}

SCENARIO("a thread that dies fails its task and no other") {
  start(2);
  caf::anon_send(sys.groups().get_local(thread_manager::thread_events_group),
                 thread_closed{fake_threads::id(0), "internal", {}});
  settle();
  CHECK(!is_over());
  CHECK_EQ(stored().latest.at("1").error, "the thread ended unexpectedly: internal");
  say(1, {task_complete{}});
  CHECK(is_over());
}

SCENARIO("Ctrl-C interrupts what runs and keeps what is finished") {
  start(3, {.concurrency = 2});
  say(0, {task_complete{}});
  stop();
  CHECK_EQ(threads->submitted<interrupt_turn>(), 2u);
  CHECK_EQ(threads->started.size(), 3u);
  say(1, {turn_aborted{}});
  say(2, {turn_aborted{}});
  REQUIRE(is_over());
  CHECK(result.get().stopped);
  CHECK(told_text().ends_with("results are kept; Ctrl-C again ends at once\n"));
  CHECK(stored().latest.at("1").status == task_status::completed);
  CHECK(stored().latest.at("2").status == task_status::interrupted);
  CHECK(stored().latest.at("3").status == task_status::interrupted);
}

SCENARIO("nobody who sent another signal is told of Ctrl-C") {
  stop_is_interactive = false;
  start(1);
  stop();
  CHECK(told_text().ends_with("results are kept; a second signal ends at once\n"));
}

SCENARIO("results that cannot be written stop the run") {
  std::filesystem::create_directories(folder.path() / "out");
  std::filesystem::create_symlink("/dev/full", results_path(folder.path() / "out"));
  start(2);
  say(0, {task_complete{}});
  CHECK_EQ(threads->submitted<interrupt_turn>(), 1u);
  say(1, {turn_aborted{}});
  REQUIRE(is_over());
  CHECK_EQ(result.get().write_error, "No space left on device");
  CHECK_EQ(told_text(), "stopping: running tasks are interrupted, because their results cannot be "
                        "written\n");
  CHECK_EQ(announced, "");
}

SCENARIO("time limits are looked at four times a second") {
  start(1, {.task_timeout = 0s});
  CHECK_EQ(threads->submitted<interrupt_turn>(), 0u);
  advance_time(250ms);
  settle();
  CHECK_EQ(threads->submitted<interrupt_turn>(), 1u);
  say(0, {turn_aborted{}});
  REQUIRE(is_over());
  CHECK_EQ(result.get().results.at(0).error, "timed out after 0 s");
}

SCENARIO("a run whose lines find no reader is stopped, results are kept") {
  output_error = std::make_error_code(std::errc::no_space_on_device);
  start(4, {.concurrency = 2});
  say(0, {task_complete{"done"}});
  CHECK_EQ(threads->submitted<interrupt_turn>(), 1u);
  say(1, {turn_aborted{}});
  REQUIRE(is_over());
  const auto outcome = result.get();
  CHECK(outcome.output_error == std::errc::no_space_on_device);
  CHECK(told_text().ends_with("nobody takes the output; results are kept\n"));
  CHECK_EQ(threads->started.size(), 2u);
  CHECK(stored().latest.at("1").status == task_status::completed);
  CHECK(stored().latest.at("2").status == task_status::interrupted);
}

END_FIXTURE_SCOPE()
