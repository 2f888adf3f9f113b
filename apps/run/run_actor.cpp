#include "apps/run/run_actor.hpp"

#include "actors/common/actor_error.hpp"
#include "actors/common/event_tap.hpp"
#include "actors/common/harden.hpp"
#include "actors/thread_manager/thread_manager_actor.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/group.hpp>
#include <caf/group_manager.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>
#include <set>
#include <system_error>
#include <unistd.h>
#include <unordered_map>
#include <utility>

namespace troupe::run {

namespace {

/// Often enough for a bar to look alive and for time limits in seconds.
constexpr std::chrono::milliseconds tick_interval{250};

/// What a task's folders are given to answer: then people hear of it, and then it has failed. To
/// copy a large template takes its time.
constexpr std::chrono::seconds patience{30};
constexpr std::chrono::seconds preparation_limit{600};

std::string silence_text(std::chrono::seconds passed, std::string_view whose) {
  return fmt::format(
    "no answer for {} s from the folders of {} (its \"cwd\" or template, or TMPDIR): "
    "do they lie on a disk or share that is gone?",
    passed.count(), whose);
}

board_time now() {
  return {std::chrono::steady_clock::now(), std::chrono::system_clock::now()};
}

class state {
public:
  state(run_actor::pointer self, run_job job, run_dependencies deps,
        std::promise<run_outcome> outcome)
    : self_(self), tasks_(std::move(job.tasks)), setup_(std::move(job.setup)),
      deps_(std::move(deps)), promise_(std::move(outcome)) {
    harden(self_);
    if (setup_)
      told_.insert(setup_->base.settings.warnings.begin(), setup_->base.settings.warnings.end());
    warnings_left_ = deps_.max_warnings;
    outcome_.results = job.plan.kept;
    board_.emplace(tasks_, std::move(job.plan), job.limits);
  }

  run_actor::behavior_type make_behavior() {
    self_->spawn(event_tap, self_->system().groups().get_local(thread_manager::thread_events_group),
                 thread_events_actor{self_});
    carry_out(board_->start(now()));
    tick();
    return {
      [this](event_batch& x) { return on_events(x); },
      [this](const events_lagged& x) { return on_lagged(x); },
      [](const thread_created&) { return caf::result<void>{caf::unit}; },
      [this](const thread_closed& x) { return on_closed(x); },
      [this](const interrupt_turn&) { return on_stop(); },
      [this](caf::put_atom, const thread_id& x) { return on_refused(x); },
      [this](caf::ok_atom, std::uint64_t job) { return on_job_over(job); },
    };
  }

  static inline const char* name = "run";

private:
  void carry_out(const steps& all) {
    for (const auto& one : all)
      std::visit([this](const auto& x) { do_step(x); }, one);
    if (board_->is_done() && !writing_ && unwritten_.empty())
      end();
  }

  // Workspaces.

  void do_step(const prepare_step& x) {
    auto prepared = std::make_shared<prepared_task>();
    const auto number = run_blocking(
      deps_.post_preparation,
      [prepared, setup = setup_, its_task = tasks_[x.task.index], attempt = x.task.attempt] {
        *prepared = prepare_task(*setup, its_task, attempt);
      },
      [this, prepared, index = x.task.index] { on_prepared(index, *prepared); });
    self_->run_delayed(patience, [this, number, index = x.task.index] {
      if (jobs_.contains(number))
        on_slow_preparation(number, index);
    });
  }

  void on_slow_preparation(std::uint64_t number, std::size_t index) {
    if (!std::exchange(has_told_silence_, true)) // of others it would say the same
      deps_.progress.say(
        fmt::format("warning: {}\n", silence_text(patience, "task " + tasks_[index].id)));
    self_->run_delayed(preparation_limit - patience, [this, number, index] {
      if (jobs_.erase(number) > 0)
        carry_out(board_->on_failed(index, silence_text(preparation_limit, "this task"), now()));
    });
  }

  void on_prepared(std::size_t index, prepared_task& x) {
    warn(x.warnings);
    if (!x.problem.empty())
      return carry_out(board_->on_failed(index, x.problem, now()));
    configs_[index] = std::move(x.config);
    carry_out(board_->on_prepared(index, std::move(x.workspace), now()));
  }

  void warn(const std::vector<std::string>& texts) {
    for (const auto& text : texts)
      if (warnings_left_ > 0 && told_.insert(text).second) {
        const auto* rest = --warnings_left_ == 0 ? "warning: further ones are not shown\n" : "";
        deps_.progress.say(fmt::format("warning: {}\n{}", text, rest));
      }
  }

  // Threads.

  void do_step(const start_step& x) {
    auto config = configs_.extract(x.index);
    self_->request(deps_.threads, caf::infinite, start_thread{std::move(config.mapped())})
      .then([this, index = x.index](const thread_started& y) { on_started(index, y); },
            [this, index = x.index](const caf::error& err) {
              carry_out(board_->on_failed(index, error_text(err), now()));
            });
  }

  void on_started(std::size_t index, const thread_started& x) {
    carry_out(board_->on_started(index, x.configured, now()));
  }

  void do_step(const submit_step& x) {
    // The subscription first: no event of the turn may be missed.
    self_
      ->request(
        deps_.threads, caf::infinite,
        subscribe_events{x.thread, event_sink_actor{self_}, event_credit_window, delta_wish::none})
      .then([this, x](const thread_summary&) { submit_input(x); },
            [this, x](const caf::error& err) { lose(x.thread, error_text(err)); });
  }

  void submit_input(const submit_step& x) {
    if (board_->may_submit(x.thread))
      submit(x.thread, input_of(tasks_[x.index]));
    else
      carry_out(board_->on_event(x.thread, turn_aborted{}, now()));
  }

  void submit(const thread_id& thread, op x) {
    self_->request(deps_.threads, caf::infinite, submit_to_thread{thread, {{}, std::move(x)}})
      .then([](const submitted&) {},
            [this, thread](const caf::error& err) { lose(thread, error_text(err)); });
  }

  caf::result<void> on_events(const event_batch& x) {
    for (const auto& one : x.events)
      carry_out(board_->on_event(x.thread, one.msg, now()));
    const auto used = static_cast<std::uint32_t>(x.events.size());
    caf::anon_send(deps_.threads, event_credit{x.thread, event_sink_actor{self_}, used});
    return caf::unit;
  }

  caf::result<void> on_refused(const thread_id& x) {
    board_->on_refused(x);
    return caf::unit;
  }

  caf::result<void> on_lagged(const events_lagged& x) {
    // The end of the turn may be among what was lost.
    lose(x.thread, fmt::format("events {} to {} were lost", x.first, x.last));
    return caf::unit;
  }

  caf::result<void> on_closed(const thread_closed& x) {
    lose(x.thread, fmt::format("the thread ended unexpectedly: {}", x.reason));
    return caf::unit;
  }

  void lose(const thread_id& thread, std::string_view why) {
    carry_out(board_->on_lost(thread, why, now()));
  }

  void do_step(const interrupt_step& x) { submit(x.thread, interrupt_turn{}); }

  void do_step(const remove_step& x) {
    const auto gone = [this, thread = x.thread] { carry_out(board_->on_removed(thread, now())); };
    self_->request(deps_.threads, caf::infinite, remove_thread{x.thread})
      .then(gone, [gone](const caf::error&) { gone(); });
  }

  // Results.

  void do_step(const record_step& x) {
    unwritten_ += print_result(x.record);
    outcome_.results.push_back(x.record);
    outcome_.results.back().final_message.reset(); // ten thousand of them need not stay in memory
    if (!writing_)
      write();
  }

  /// One write at a time: what comes meanwhile becomes the next batch, with one fsync for all.
  void write() {
    writing_ = true;
    auto error = std::make_shared<std::error_code>();
    auto lines = std::make_shared<const std::string>(std::exchange(unwritten_, {}));
    run_blocking(
      deps_.post, [results = deps_.results, lines, error] { *error = results->append(*lines); },
      [this, lines, error] { on_written(*lines, *error); });
  }

  void on_written(const std::string& lines, const std::error_code& error) {
    writing_ = false;
    if (error)
      return fail_write(error);
    if (!outcome_.output_error) {
      outcome_.output_error = deps_.on_written(lines);
      if (outcome_.output_error)
        stop("stopping: running tasks are interrupted, because nobody takes the output; results "
             "are kept\n");
    }
    if (!unwritten_.empty())
      write();
    carry_out({});
  }

  /// Without results there is no point in going on; what could not be written is not tried again:
  /// a later run with --resume repeats its tasks.
  void fail_write(const std::error_code& error) {
    outcome_.write_error = error.message();
    unwritten_.clear();
    stop("stopping: running tasks are interrupted, because their results cannot be written\n");
  }

  // Time, stopping and the end.

  void tick() {
    if (ended_)
      return;
    carry_out(board_->on_tick(now()));
    deps_.progress.update(board_->counts(), now().steady, common::terminal_width(STDERR_FILENO));
    self_->run_delayed(tick_interval, [this] { tick(); });
  }

  caf::result<void> on_stop() {
    stop(
      deps_.is_interactive_stop && deps_.is_interactive_stop()
        ? "stopping: running tasks are interrupted, results are kept; Ctrl-C again ends at once\n"
        : "stopping: running tasks are interrupted, results are kept; a second signal ends at "
          "once\n");
    return caf::unit;
  }

  void stop(std::string_view why) {
    if (!std::exchange(outcome_.stopped, true))
      deps_.progress.say(why);
    carry_out(board_->stop(now()));
  }

  void end() {
    if (std::exchange(ended_, true))
      return;
    deps_.progress.finish(board_->counts(), now().steady, common::terminal_width(STDERR_FILENO));
    promise_.set_value(std::move(outcome_));
    self_->quit();
  }

  /// Runs `work` in a blocking pool, then `then` here, unless the job is taken out before.
  std::uint64_t run_blocking(const std::function<void(std::function<void()>)>& post,
                             std::function<void()> work, std::function<void()> then) {
    const auto number = ++last_job_;
    jobs_.emplace(number, std::move(then));
    post([work = std::move(work), self = run_actor{self_}, number] {
      work();
      caf::anon_send(self, caf::ok_atom_v, number);
    });
    return number;
  }

  caf::result<void> on_job_over(std::uint64_t number) {
    if (auto job = jobs_.extract(number); !job.empty())
      job.mapped()();
    return caf::unit;
  }

  run_actor::pointer self_;
  std::vector<task> tasks_;
  std::shared_ptr<const run_setup> setup_;
  run_dependencies deps_;
  std::promise<run_outcome> promise_;
  std::optional<task_board> board_;
  std::unordered_map<std::size_t, thread_config> configs_; ///< of prepared tasks, by index
  std::unordered_map<std::uint64_t, std::function<void()>> jobs_;
  std::uint64_t last_job_ = 0;
  std::set<std::string> told_; ///< warnings
  std::size_t warnings_left_ = 0;
  std::string unwritten_; ///< result lines that wait for the write under way
  bool writing_ = false;
  bool has_told_silence_ = false;
  bool ended_ = false;
  run_outcome outcome_;
};

} // namespace

run_actor spawn_run(caf::actor_system& sys, run_job job, run_dependencies deps,
                    std::promise<run_outcome> outcome) {
  return sys.spawn<caf::stateful_actor<state, run_actor::impl>>(std::move(job), std::move(deps),
                                                                std::move(outcome));
}

} // namespace troupe::run
