#define CAF_SUITE run_task_board
#include <caf/test/bdd_dsl.hpp>

#include "apps/run/task_board.hpp"

using namespace troupe;
using namespace troupe::run;
using namespace std::chrono_literals;

namespace {

/// A board with its clock, and its steps as words: "prepare 0", "start 0", "record 1 completed",
/// "remove 0", "interrupt 0". Threads are named by the task index they belong to.
class stage {
public:
  explicit stage(std::size_t tasks, board_limits limits = {}) : tasks_(tasks) {
    run_plan plan;
    for (std::size_t i = 0; i < tasks; ++i) {
      tasks_[i].id = std::to_string(i + 1);
      tasks_[i].prompt = "do it";
      plan.todo.push_back({i, 1});
    }
    board.emplace(tasks_, std::move(plan), limits);
  }

  std::vector<std::string> begin() { return words(board->start(now)); }
  std::vector<std::string> ready(std::size_t i) { return words(board->on_prepared(i, "/w", now)); }
  std::vector<std::string> started(std::size_t i) {
    session_configured session;
    session.session_id = thread(i);
    session.model = "gpt-5";
    session.rollout_path = "/r";
    return words(board->on_started(i, session, now));
  }
  std::vector<std::string> event(std::size_t i, event_msg x) {
    return words(board->on_event(thread(i), x, now));
  }
  std::vector<std::string> completed(std::size_t i) { return event(i, task_complete{"done"}); }
  std::vector<std::string> removed(std::size_t i) {
    return words(board->on_removed(thread(i), now));
  }
  std::vector<std::string> lost(std::size_t i) {
    return words(board->on_lost(thread(i), "gone", now));
  }
  std::vector<std::string> failed(std::size_t i, std::string_view error = "no room") {
    return words(board->on_failed(i, error, now));
  }
  std::vector<std::string> tick(std::chrono::seconds later) {
    now.steady += later;
    return words(board->on_tick(now));
  }
  std::vector<std::string> stop() { return words(board->stop(now)); }

  void refused(std::size_t i) { board->on_refused(thread(i)); }

  bool may_submit(std::size_t i) const { return board->may_submit(thread(i)); }

  /// Task `i` with its turn under way.
  void run(std::size_t i) {
    ready(i);
    started(i);
  }

  std::optional<task_board> board;
  std::vector<result_record> records;
  board_time now{};

private:
  static thread_id thread(std::size_t i) {
    thread_id out;
    out.bytes[15] = static_cast<std::uint8_t>(i + 1);
    return out;
  }

  static std::string number(const thread_id& x) { return std::to_string(x.bytes[15] - 1); }

  std::string word(const step& x) {
    if (const auto* y = std::get_if<prepare_step>(&x))
      return "prepare " + std::to_string(y->task.index);
    if (const auto* y = std::get_if<start_step>(&x))
      return "start " + std::to_string(y->index);
    if (const auto* y = std::get_if<submit_step>(&x))
      return "submit " + number(y->thread);
    if (const auto* y = std::get_if<interrupt_step>(&x))
      return "interrupt " + number(y->thread);
    if (const auto* y = std::get_if<remove_step>(&x))
      return "remove " + number(y->thread);
    records.push_back(std::get<record_step>(x).record);
    return "record " + records.back().id + " " + to_string(records.back().status);
  }

  std::vector<std::string> words(const steps& all) {
    std::vector<std::string> out;
    for (const auto& x : all)
      out.push_back(word(x));
    return out;
  }

  std::vector<task> tasks_;
};

using words = std::vector<std::string>;

} // namespace

SCENARIO("a task goes from its workspace to its result") {
  stage s{1};
  CHECK_EQ(s.begin(), words{"prepare 0"});
  CHECK_EQ(s.ready(0), words{"start 0"});
  CHECK_EQ(s.started(0), words{"submit 0"});
  s.now.steady += 1500ms;
  CHECK_EQ(s.event(0, item_completed{agent_message_item{"", "hi", ""}}), words{});
  CHECK(!s.board->is_done());
  CHECK_EQ(s.completed(0), (words{"record 1 completed", "remove 0"}));
  CHECK(!s.board->is_done());
  CHECK_EQ(s.removed(0), words{});
  CHECK(s.board->is_done());
  const auto& x = s.records.at(0);
  CHECK_EQ(x.final_message, "done");
  CHECK(x.duration == 1500ms);
  CHECK_EQ(x.model, "gpt-5");
  CHECK_EQ(x.rollout_path, "/r");
  CHECK_EQ(x.workspace, "/w");
  CHECK_EQ(x.started_at, "1970-01-01T00:00:00.000Z");
  CHECK_EQ(x.thread_id, "00000000-0000-0000-0000-000000000001");
  CHECK_EQ(x.error, "");
}

SCENARIO("no more tasks are alive than allowed, and the next one starts when a thread is gone") {
  stage s{3, {.concurrency = 2}};
  CHECK_EQ(s.begin(), (words{"prepare 0", "prepare 1"}));
  s.run(0);
  s.run(1);
  CHECK_EQ(s.board->counts().running, 2u);
  CHECK_EQ(s.completed(0), (words{"record 1 completed", "remove 0"}));
  CHECK_EQ(s.board->counts().running, 1u);
  CHECK_EQ(s.removed(0), words{"prepare 2"});
  CHECK_EQ(s.board->counts().finished(), 1u);
  CHECK_EQ(s.board->counts().left(), 2u);
}

SCENARIO("a task that cannot start has failed and makes room") {
  stage s{2, {.concurrency = 1}};
  s.begin();
  CHECK_EQ(s.failed(0), (words{"record 1 failed", "prepare 1"}));
  CHECK_EQ(s.records.at(0).error, "no room");
  CHECK_EQ(s.records.at(0).thread_id, "");
  s.ready(1);
  CHECK_EQ(s.failed(1), words{"record 2 failed"});
  CHECK_EQ(s.records.at(1).workspace, "/w");
  CHECK(s.board->is_done());
}

SCENARIO("a turn that fails is a failed task, with its usage") {
  stage s{1};
  s.begin();
  s.run(0);
  const token_usage total{100, 20, 10, 5, 110};
  s.event(0, token_count{token_usage_info{total, total, std::nullopt}, std::nullopt});
  s.event(0, turn_error{"quota exceeded", error_class::other, std::nullopt});
  CHECK_EQ(s.event(0, task_complete{}), (words{"record 1 failed", "remove 0"}));
  CHECK_EQ(s.records.at(0).error, "quota exceeded");
  CHECK_EQ(s.records.at(0).final_message, std::nullopt);
  CHECK_EQ(s.records.at(0).usage.input_tokens, 100);
  CHECK_EQ(s.board->counts().tokens, 110);
}

SCENARIO("a thread that is lost fails its task once") {
  stage s{1};
  s.begin();
  s.run(0);
  CHECK_EQ(s.lost(0), (words{"record 1 failed", "remove 0"}));
  CHECK_EQ(s.lost(0), words{});
  CHECK_EQ(s.completed(0), words{});
  s.removed(0);
  CHECK(s.board->is_done());
  CHECK_EQ(s.records.size(), 1u);
}

SCENARIO("a task over its time is interrupted and has failed") {
  stage s{1, {.task_timeout = 60s}};
  s.begin();
  s.run(0);
  CHECK_EQ(s.tick(59s), words{});
  CHECK_EQ(s.tick(1s), words{"interrupt 0"});
  CHECK_EQ(s.tick(1s), words{});
  CHECK_EQ(s.event(0, turn_aborted{}), (words{"record 1 failed", "remove 0"}));
  CHECK_EQ(s.records.at(0).error, "timed out after 60 s");
}

SCENARIO("a turn that does not answer an interrupt is given up") {
  stage s{1, {.task_timeout = 60s, .interrupt_grace = 10s}};
  s.begin();
  s.run(0);
  s.tick(60s);
  CHECK_EQ(s.tick(9s), words{});
  CHECK_EQ(s.tick(1s), (words{"record 1 failed", "remove 0"}));
  CHECK_EQ(s.records.at(0).error, "timed out after 60 s");
}

SCENARIO("stopping interrupts what runs, forgets what waits and keeps what is finished") {
  stage s{4, {.concurrency = 3}};
  s.begin();
  s.run(0);
  s.completed(0);
  s.run(1);
  s.ready(2);
  CHECK_EQ(s.stop(), words{"interrupt 1"});
  CHECK_EQ(s.removed(0), words{});
  CHECK_EQ(s.started(2), words{"remove 2"});
  CHECK_EQ(s.event(1, turn_aborted{}), (words{"record 2 interrupted", "remove 1"}));
  CHECK_EQ(s.records.at(1).error, "interrupted");
  s.removed(1);
  CHECK(!s.board->is_done());
  s.removed(2);
  CHECK(s.board->is_done());
  CHECK_EQ(s.records.size(), 2u);
}

SCENARIO("a turn that does not end after the stop is reported as interrupted") {
  stage s{1};
  s.begin();
  s.run(0);
  CHECK_EQ(s.stop(), words{"interrupt 0"});
  CHECK_EQ(s.tick(9s), words{});
  CHECK_EQ(s.tick(1s), (words{"record 1 interrupted", "remove 0"}));
}

SCENARIO("nothing is submitted to a thread that was interrupted before its turn") {
  stage s{1};
  s.begin();
  s.run(0);
  CHECK(s.may_submit(0));
  s.stop();
  CHECK(!s.may_submit(0));
  CHECK(!s.may_submit(7));
  CHECK_EQ(s.event(0, turn_aborted{}), (words{"record 1 interrupted", "remove 0"}));
}

SCENARIO("a stop waits for no workspace, and one that is ready later is left alone") {
  stage s{1};
  s.begin();
  s.stop();
  CHECK(s.board->is_done());
  CHECK_EQ(s.ready(0), words{});
  CHECK(s.board->is_done());
  CHECK(s.records.empty());
}

SCENARIO("a turn that completes although it was interrupted counts as completed") {
  stage s{1};
  s.begin();
  s.run(0);
  s.stop();
  CHECK_EQ(s.completed(0), (words{"record 1 completed", "remove 0"}));
}

SCENARIO("answers that nobody waits for change nothing") {
  stage s{1};
  s.begin();
  CHECK_EQ(s.ready(7), words{});
  CHECK_EQ(s.started(7), words{"remove 7"});
  CHECK_EQ(s.failed(7), words{});
  CHECK_EQ(s.completed(0), words{});
  CHECK_EQ(s.removed(0), words{});
  s.run(0);
  CHECK_EQ(s.ready(0), words{});
  CHECK_EQ(s.failed(0), words{});
}

SCENARIO("kept results count in the progress") {
  std::vector<task> tasks(2);
  const task_board board{tasks, run_plan{.todo = {{1, 1}}, .kept = {result_record{}}}, {}};
  CHECK_EQ(board.counts().total, 2u);
  CHECK_EQ(board.counts().kept, 1u);
  CHECK_EQ(board.counts().left(), 1u);
}

namespace {

constexpr const char* no_descriptors =
  "cannot open the rollout: Too many open files; raise the limit";

} // namespace

SCENARIO("a task that finds too many files open waits for another try, beside fewer tasks") {
  stage s{3, {.concurrency = 3}};
  CHECK_EQ(s.begin(), (words{"prepare 0", "prepare 1", "prepare 2"}));
  s.run(0);
  CHECK_EQ(s.failed(1, no_descriptors), words{});
  s.ready(2);
  CHECK_EQ(s.failed(2, no_descriptors), words{});
  CHECK(s.records.empty());
  CHECK_EQ(s.completed(0), (words{"record 1 completed", "remove 0"}));
  CHECK_EQ(s.removed(0), words{"prepare 2"});
  s.run(2);
  CHECK_EQ(s.completed(2), (words{"record 3 completed", "remove 2"}));
  CHECK_EQ(s.removed(2), words{"prepare 1"});
}

SCENARIO("a turn that fails for too many open files is made again from the beginning") {
  stage s{2, {.concurrency = 2}};
  s.begin();
  s.run(0);
  s.run(1);
  CHECK_EQ(s.event(1, turn_error{no_descriptors}), words{});
  CHECK_EQ(s.completed(1), words{"remove 1"});
  CHECK_EQ(s.removed(1), words{});
  CHECK_EQ(s.completed(0), (words{"record 1 completed", "remove 0"}));
  CHECK_EQ(s.removed(0), words{"prepare 1"});
  CHECK(!s.board->is_done());
}

SCENARIO("a task that finds too many files open although it is alone has failed") {
  stage s{2, {.concurrency = 1}};
  s.begin();
  CHECK_EQ(s.failed(0, no_descriptors), (words{"record 1 failed", "prepare 1"}));
  CHECK_EQ(s.failed(1, no_descriptors), words{"record 2 failed"});
  CHECK(s.board->is_done());
}

SCENARIO("refused calls are counted in the result of their task") {
  stage s{2};
  s.begin();
  s.run(0);
  s.run(1);
  s.refused(1);
  s.refused(1);
  s.refused(7); // of nobody here
  s.completed(0);
  s.completed(1);
  REQUIRE_EQ(s.records.size(), 2u);
  CHECK_EQ(s.records[0].refused, 0u);
  CHECK_EQ(s.records[1].refused, 2u);
}
