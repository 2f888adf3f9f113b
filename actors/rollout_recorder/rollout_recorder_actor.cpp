#include "actors/rollout_recorder/rollout_recorder_actor.hpp"

#include "actors/common/harden.hpp"
#include "actors/rollout_recorder/file_names.hpp"
#include "actors/rollout_recorder/store_job.hpp"

#include <caf/actor_system.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <deque>
#include <memory>
#include <unordered_map>
#include <utility>

namespace troupe::rollout_recorder {

namespace {

/// What the actor understands beside its interface: the job of this number is over.
using shell_actor = rollout_recorder_actor::extend<caf::result<void>(caf::ok_atom, std::uint64_t)>;

using done_promise = caf::typed_response_promise<void>;
using opened_promise = caf::typed_response_promise<rollout_opened>;
using history_promise = caf::typed_response_promise<rollout_history>;
using page_promise = caf::typed_response_promise<rollout_page>;

caf::error to_error(const store_error& x) {
  return caf::make_error(x.code, x.message);
}

store_error stopping() {
  return {errc::shutting_down, "the rollout recorder stops"};
}

/// The thread that a load is about, when the request tells.
std::optional<thread_id> named_thread(const load_rollout& x) {
  if (x.thread)
    return x.thread;
  const auto name = parse_file_name(std::filesystem::path{x.path}.filename().native());
  return name ? std::optional{name->thread} : std::nullopt;
}

/// A create, load or list that was accepted.
struct operation {
  std::shared_ptr<store_job> job;
  std::variant<opened_promise, history_promise, page_promise> answer;

  void refuse(const store_error& error) {
    std::visit([&](auto& promise) { promise.deliver(to_error(error)); }, answer);
  }
};

class state {
public:
  state(shell_actor::pointer self, dependencies deps)
    : self_(self), limits_(deps.limits), post_(std::move(deps.post)),
      settings_(std::make_shared<const store_settings>(
        store_settings{std::move(deps.home), std::move(deps.originator),
                       std::move(deps.cli_version), std::move(deps.clock)})),
      rollouts_(limits_.table) {
    harden(self_);
    self_->set_exit_handler([this](caf::exit_msg& x) { on_exit(x); });
  }

  shell_actor::behavior_type make_behavior() {
    return {
      [this](create_rollout& x) { return on_create(std::move(x)); },
      [this](load_rollout& x) { return on_load(std::move(x)); },
      [this](append_rollout& x) { return on_append(x); },
      [this](const close_rollout& x) { return on_close(x); },
      [this](const reopen_rollout& x) { return on_reopen(x); },
      [this](list_rollouts& x) { return accept<rollout_page>(std::move(x), std::nullopt); },
      [this](caf::ok_atom, std::uint64_t job) { return on_job_over(job); },
    };
  }

  static inline const char* name = "rollout-recorder";

private:
  caf::result<rollout_opened> on_create(create_rollout x) {
    const auto thread = x.meta.id;
    return accept<rollout_opened>(std::move(x), thread);
  }

  caf::result<rollout_history> on_load(load_rollout x) {
    const auto thread = named_thread(x);
    return accept<rollout_history>(std::move(x), thread);
  }

  caf::result<void> on_append(append_rollout& x) {
    return accept_request(
      [&](ticket number) { return rollouts_.append(x.thread, std::move(x.lines), number); });
  }

  caf::result<void> on_close(const close_rollout& x) {
    return accept_request([&](ticket number) { return rollouts_.close(x.thread, number); });
  }

  /// Needs no disk, so that a restart with 100,000 live threads is over at once.
  caf::result<void> on_reopen(const reopen_rollout& x) {
    if (is_stopping_)
      return to_error(stopping());
    if (const auto error = rollouts_.adopt(x.thread, x.path))
      return to_error(*error);
    return caf::unit;
  }

  /// Hands the request to the table, which settles it later.
  template <class Hand>
  caf::result<void> accept_request(Hand hand) {
    if (is_stopping_)
      return to_error(stopping());
    if (const auto error = hand(++last_number_))
      return to_error(*error);
    auto answer = self_->make_response_promise<void>();
    requests_.emplace(last_number_, answer);
    carry_out(); // may answer at once
    return answer;
  }

  template <class Answer>
  caf::result<Answer> accept(store_job::request_type request,
                             const std::optional<thread_id>& thread) {
    if (is_stopping_)
      return to_error(stopping());
    if (waiting_.size() >= limits_.waiting_operations)
      return to_error({errc::queue_full, "too many requests wait for the disk"});
    if (thread)
      if (const auto error = rollouts_.add(*thread))
        return to_error(*error);
    auto answer = self_->make_response_promise<Answer>();
    auto job = make_job(std::move(request), thread);
    const auto number = job->number;
    operations_.emplace(number, operation{std::move(job), answer});
    waiting_.push_back(number);
    carry_out();
    return answer;
  }

  std::shared_ptr<store_job> make_job(store_job::request_type request,
                                      const std::optional<thread_id>& thread) {
    return std::make_shared<store_job>(
      store_job{++last_number_, thread, std::move(request), std::monostate{}});
  }

  /// Answers what is settled and begins what may begin.
  void carry_out() {
    answer_settled();
    for (auto& [thread, job] : rollouts_.start_writes())
      run(make_job(std::move(job), thread));
    for (; running_operations_ < limits_.parallel_operations && !waiting_.empty();
         ++running_operations_) {
      run(operations_.at(waiting_.front()).job);
      waiting_.pop_front();
    }
    if (is_stopping_ && jobs_.empty() && rollouts_.is_drained())
      end();
  }

  void answer_settled() {
    for (const auto& [number, error] : rollouts_.take_settled()) {
      auto answer = std::move(requests_.extract(number).mapped());
      if (error)
        answer.deliver(to_error(*error));
      else
        answer.deliver();
    }
  }

  void run(const std::shared_ptr<store_job>& job) {
    jobs_.emplace(job->number, job);
    post_([job, settings = settings_, self = shell_actor{self_}] {
      job->run(*settings);
      caf::anon_send(self, caf::ok_atom_v, job->number);
    });
  }

  caf::result<void> on_job_over(std::uint64_t number) {
    const auto job = jobs_.extract(number);
    if (job.empty())
      return caf::unit;
    std::visit([&](auto& result) { on_result(*job.mapped(), result); }, job.mapped()->result);
    carry_out();
    return caf::unit;
  }

  void on_result(const store_job&, std::monostate) {}

  void on_result(const store_job& job, store_job::created& result) {
    auto answer = finish_operation<opened_promise>(job);
    if (const auto* error = std::get_if<store_error>(&result)) {
      rollouts_.remove(*job.thread, *error);
      return answer.deliver(to_error(*error));
    }
    auto& [path, file] = std::get<created_rollout>(result);
    answer.deliver(rollout_opened{path.string()});
    rollouts_.set_open(*job.thread, std::move(path), std::move(file));
  }

  void on_result(const store_job& job, store_job::loaded& result) {
    auto answer = finish_operation<history_promise>(job);
    if (const auto* error = std::get_if<store_error>(&result)) {
      if (job.thread)
        rollouts_.remove(*job.thread, *error);
      return answer.deliver(to_error(*error));
    }
    auto& [history, file] = std::get<loaded_rollout>(result);
    if (const auto error = adopt(job.thread, history.thread))
      return answer.deliver(to_error(*error));
    const auto thread = history.thread;
    std::filesystem::path path{history.path};
    answer.deliver(std::move(history));
    rollouts_.set_open(thread, std::move(path), std::move(file));
  }

  /// A rollout belongs to the thread that its first line names, whatever the file is called.
  std::optional<store_error> adopt(const std::optional<thread_id>& expected,
                                   const thread_id& actual) {
    if (expected == actual)
      return std::nullopt;
    if (expected)
      rollouts_.remove(*expected, {errc::no_such_rollout,
                                   "the rollout is of another thread: " + to_string(actual)});
    return rollouts_.add(actual);
  }

  void on_result(const store_job& job, store_job::listed& result) {
    auto answer = finish_operation<page_promise>(job);
    if (const auto* error = std::get_if<store_error>(&result))
      answer.deliver(to_error(*error));
    else
      answer.deliver(std::move(std::get<rollout_page>(result)));
  }

  void on_result(const store_job& job, append_outcome& result) {
    rollouts_.finish_write(*job.thread, std::move(result));
  }

  template <class Promise>
  Promise finish_operation(const store_job& job) {
    --running_operations_;
    return std::get<Promise>(std::move(operations_.extract(job.number).mapped().answer));
  }

  void on_exit(caf::exit_msg& x) {
    if (std::exchange(is_stopping_, true))
      return;
    exit_reason_ = std::move(x.reason);
    for (const auto number : std::exchange(waiting_, {})) {
      auto refused = operations_.extract(number);
      refused.mapped().refuse(stopping());
      if (const auto& thread = refused.mapped().job->thread)
        rollouts_.remove(*thread, stopping());
    }
    flush_limit_ = self_->run_delayed(limits_.flush, [this] { end(); });
    carry_out();
  }

  /// Everything is written, or the time for that is over.
  void end() {
    if (std::exchange(has_ended_, true))
      return;
    flush_limit_.dispose();
    for (auto& [number, open] : operations_)
      open.refuse(stopping());
    rollouts_.clear(stopping());
    answer_settled();
    self_->quit(std::move(exit_reason_));
  }

  shell_actor::pointer self_;
  rollout_recorder::limits limits_;
  std::function<void(std::function<void()>)> post_;
  std::shared_ptr<const store_settings> settings_; // shared with jobs under way
  rollout_table rollouts_;
  std::unordered_map<ticket, done_promise> requests_;                  // appends and closes
  std::unordered_map<std::uint64_t, operation> operations_;            // by the number of their job
  std::deque<std::uint64_t> waiting_;                                  // of these, not begun
  std::unordered_map<std::uint64_t, std::shared_ptr<store_job>> jobs_; // with a pool thread
  std::uint64_t last_number_ = 0;
  std::size_t running_operations_ = 0;
  bool is_stopping_ = false;
  bool has_ended_ = false;
  caf::error exit_reason_;
  caf::disposable flush_limit_;
};

} // namespace

rollout_recorder_actor spawn(caf::actor_system& sys, dependencies deps) {
  return sys.spawn<caf::stateful_actor<state, shell_actor::impl>>(std::move(deps));
}

} // namespace troupe::rollout_recorder
