#include "actors/tool_runner/child_run.hpp"

#include "actors/tool_runner/login_command.hpp"
#include "actors/tool_runner/root_mount.hpp"
#include "actors/tool_runner/sandbox_run.hpp"
#include "actors/tool_runner/sandbox_watch.hpp"
#include "actors/tool_runner/start_refusal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <iterator>
#include <utility>

namespace troupe::tool_runner {

namespace {

/// A shell's exit code for a command that a signal has ended counts from here.
constexpr int shell_signal_base = 128;

/// Bubblewrap reads it before anything else and closes it.
constexpr int sandbox_arguments_descriptor = 8;

/// To a call of bubblewrap.
void add_options(net::process_options& to, const std::vector<std::string>& words) {
  const auto has_prefix = to.argv.size() > 1 && to.argv[1] == root_mount_argument;
  to.argv.insert(to.argv.begin() + (has_prefix ? 3 : 1), words.begin(), words.end());
}

/// Of a sandbox whose command has ended. When the program ends, it waits itself.
struct ended_sandbox {
  std::shared_ptr<sandbox_watch> watch;
  std::shared_ptr<held_placeholders> placeholders;

  ended_sandbox(std::shared_ptr<sandbox_watch> x, std::shared_ptr<held_placeholders> y)
    : watch(std::move(x)), placeholders(std::move(y)) {}
  ended_sandbox(ended_sandbox&&) = default;
  ended_sandbox& operator=(ended_sandbox&&) = delete;
  ~ended_sandbox() {
    constexpr std::chrono::seconds limit{5};
    if (watch && placeholders)
      watch->wait(limit);
  }
};

/// By the end of the guardian: nobody knows what of it was done.
net::process_outcome cut_short(net::process_outcome x) {
  x.error = net::net_errc::spawn_failed;
  x.detail = x.ended_by;
  return x;
}

void clear_when_over(const std::shared_ptr<const run_context>& context, ended_sandbox sandbox,
                     child_run::clock::time_point since) {
  auto held = std::make_shared<ended_sandbox>(std::move(sandbox));
  if (held->watch->is_over())
    return context->post([held = std::move(held)] { held->placeholders = nullptr; });
  context->io.after(sandbox_watch::pause_after(child_run::clock::now() - since),
                    [context, held = std::move(held), since] {
                      clear_when_over(context, std::move(*held), since);
                    });
}

} // namespace

std::shared_ptr<child_run> child_run::start(std::shared_ptr<const run_context> context,
                                            child_order order, child_listener listener) {
  std::shared_ptr<child_run> result{
    new child_run{std::move(context), std::move(order), std::move(listener)}};
  result->prepare();
  return result;
}

void child_run::prepare() {
  if (order_.where == attempt::unsandboxed) {
    // Not at once: the caller gets its handle first.
    return context_->io.post([self = shared_from_this()] {
      net::process_options options;
      options.argv = self->order_.argv;
      options.environment = std::move(self->order_.environment);
      self->spawn(std::move(options));
    });
  }
  sandbox_order wanted{.thread = order_.thread,
                       .policy = order_.policy,
                       .policy_cwd = order_.policy_cwd,
                       .roots = order_.roots,
                       .cwd = order_.cwd,
                       .argv = order_.argv,
                       .environment = std::move(order_.environment)};
  timer_ = context_->io.after(context_->preparation_limit, [self = shared_from_this()] {
    if (self->stage_ == stage::preparing)
      self->refuse_silence();
  });
  context_->sandbox->prepare(
    std::move(wanted), [self = shared_from_this()](sandbox_launcher::answer found) {
      if (auto* problem = std::get_if<sandbox_problem>(&found)) {
        if (self->is_call() && self->stage_ != stage::ended)
          tell_refusal(*self->context_, self->order_.thread, *problem);
        return self->end({.how = child_end::kind::not_started, .problem = problem->message});
      }
      self->spawn_sandboxed(std::get<sandbox_launch>(std::move(found)));
    });
}

void child_run::refuse_silence() {
  const sandbox_problem problem{
    fmt::format(
      "the sandbox cannot be set up: no answer for {:g} s from a folder that it mounts (the "
      "working folder, a writable root, TMPDIR): does it lie on a disk or share that is "
      "gone?",
      std::chrono::duration<double>(context_->preparation_limit).count()),
    sandbox_problem::cause::folder};
  if (is_call())
    tell_refusal(*context_, order_.thread, problem);
  end({.how = child_end::kind::not_started, .problem = problem.message});
}

void child_run::spawn_sandboxed(sandbox_launch launch) {
  net::process_options options;
  options.argv = std::move(launch.argv);
  options.environment = std::move(launch.environment);
  options.inherited = std::move(launch.inherited);
  options.read_only_files = std::move(launch.read_only_files);
  placeholders_ = std::move(launch.placeholders);
  watch_ = std::move(launch.watch);
  spawn(std::move(options));
}

void child_run::spawn(net::process_options options) {
  if (stage_ != stage::preparing)
    return;
  timer_.cancel();
  options.cwd = order_.cwd;
  options.bounds = context_->bounds;
  if (order_.input)
    options.input = net::process_options::given_input{std::move(*order_.input)};
  if (order_.tty == terminal_wish::pty)
    options.tty = net::process_options::terminal::pty;
  if (order_.definitions.is_open())
    options.inherited.push_back(
      {.ours = order_.definitions.number(), .as = definitions_descriptor});
  if (order_.sandbox_arguments.is_open()) {
    add_options(options, {"--args", std::to_string(sandbox_arguments_descriptor)});
    options.inherited.push_back(
      {.ours = order_.sandbox_arguments.number(), .as = sandbox_arguments_descriptor});
  }
  if (watch_) {
    add_options(options, watch_->arguments());
    std::ranges::copy(watch_->inherited(), std::back_inserter(options.inherited));
  }
  net::process_handlers handlers;
  handlers.on_output = [self = shared_from_this()](net::output_stream stream,
                                                   std::string_view bytes) {
    self->take_output(stream, bytes);
  };
  handlers.on_exit = [self = shared_from_this()](net::process_outcome x) {
    self->has_failed_early_ = self->watch_ && !self->watch_->has_begun();
    self->clear_away();
    self->on_exit(std::move(x));
  };
  stage_ = stage::running;
  started_ = clock::now();
  process_ = net::spawn_process(context_->io, std::move(options), std::move(handlers));
  if (stage_ == stage::ended)
    return; // the pool is about to stop: refused within the call
  order_.definitions = {};
  order_.sandbox_arguments = {};
  if (watch_)
    watch_->has_started();
  if (watch_ && watch_->has_mounts())
    look_at_covers(watch_);
  if (order_.timeout)
    timer_ =
      context_->io.after(*order_.timeout, [self = shared_from_this()] { self->on_timeout(); });
  listener_.on_start();
}

void child_run::take_output(net::output_stream stream, std::string_view bytes) {
  if (stage_ == stage::ended)
    return;
  if (order_.where != attempt::unsandboxed)
    head_ += bytes.substr(0, complaint_head_bytes - head_.size());
  const auto is_output = stream == net::output_stream::standard_output;
  listener_.on_output(is_output ? output_stream::standard_output : output_stream::standard_error,
                      bytes);
}

/// Also of one that has ended: only a look that is over lets go of it.
void child_run::look_at_covers(const std::shared_ptr<sandbox_watch>& watch) {
  const auto then = [self = shared_from_this(), watch](sandbox_watch::state found) {
    if (found == sandbox_watch::state::waiting) {
      self->context_->io.after(sandbox_watch::pause_after(clock::now() - self->started_),
                               [self, watch] { self->look_at_covers(watch); });
      return;
    }
    if (found != sandbox_watch::state::refused)
      return;
    self->cover_problem_ =
      "Sandbox refuses to run this: folders around what is kept from tools are "
      "being moved, so that it cannot be covered";
    if (!watch->kill())
      self->process_.kill_group(SIGKILL);
  };
  run_blocking(
    *context_, [watch] { return watch->look(); }, then);
}

/// Until nothing lives there any more its names must stay what they are.
void child_run::clear_away() {
  if (placeholders_)
    clear_when_over(context_, {std::move(watch_), std::move(placeholders_)}, clock::now());
}

void child_run::on_timeout() {
  if (stage_ != stage::running)
    return;
  has_timed_out_ = true;
  kill();
}

void child_run::kill() {
  if (stage_ == stage::killed || stage_ == stage::ended)
    return;
  const auto was_running = stage_ == stage::running;
  stage_ = stage::killed;
  if (!was_running) // not within the call; and not when `spawn` sees it, which may be never
    return context_->io.post([self = shared_from_this()] {
      self->end({.how = child_end::kind::signalled, .number = SIGKILL, .problem = {}});
    });
  process_.kill_group(SIGKILL);
  timer_.cancel();
  timer_ = context_->io.after(kill_limit, [self = shared_from_this()] {
    self->on_exit({.error = {},
                   .system_error = 0,
                   .detail = {},
                   .exit_code = {},
                   .signal = SIGKILL,
                   .ended_by = {}});
  });
}

void child_run::abandon() {
  if (stage_ == stage::ended)
    return;
  if (stage_ == stage::running)
    process_.kill_group(SIGKILL);
  stage_ = stage::ended;
  timer_.cancel();
  listener_ = {};
}

void child_run::write(std::string bytes) {
  process_.write_stdin(std::move(bytes));
}

void child_run::on_exit(net::process_outcome outcome) {
  child_end x{.how = child_end::kind::exited,
              .problem = {},
              .duration = clock::now() - started_,
              .output_held_open = outcome.output_held_open,
              .errors_held_open = outcome.errors_held_open};
  if (outcome.error == net::net_errc::spawn_failed ||
      outcome.error == net::net_errc::no_resources) {
    if (is_call() && stage_ != stage::ended)
      tell_start_refusal(*context_, order_.thread, outcome);
    x.how = child_end::kind::not_started;
    x.problem = std::move(outcome.detail);
  } else if (has_timed_out_) {
    x.how = child_end::kind::timed_out;
  } else if (outcome.exit_code) {
    x.number = *outcome.exit_code;
  } else {
    x.how = child_end::kind::signalled;
    x.number = outcome.signal;
  }
  if (outcome.system_error == EPIPE && !outcome.ended_by.empty() && is_call() &&
      stage_ != stage::ended)
    tell_start_refusal(*context_, order_.thread, cut_short(outcome));
  // One that we have killed, or a bound has, may have been about to begin.
  if (has_failed_early_ && stage_ == stage::running && !has_timed_out_ &&
      outcome.ended_by.empty() && outcome.error == net::net_errc::none)
    refuse(x, outcome);
  if (!outcome.ended_by.empty() && x.how != child_end::kind::not_started)
    tell_bound(x, outcome.ended_by);
  end(std::move(x));
}

/// Bubblewrap was started, but not the command.
void child_run::refuse(child_end& x, const net::process_outcome& outcome) {
  sandbox_problem problem{cover_problem_, sandbox_problem::cause::folder};
  if (problem.message.empty()) {
    const auto complaint = complaint_of_bubblewrap(outcome, head_);
    if (complaint.empty())
      return;
    if (const auto refused = refused_by_system(complaint)) {
      x.how = child_end::kind::not_started;
      x.problem = start_refusal_text(*refused);
      if (is_call() && stage_ != stage::ended)
        tell_start_refusal(*context_, order_.thread, *refused);
      return;
    }
    problem = context_->sandbox->failed(complaint);
  }
  x.how = child_end::kind::not_started;
  x.problem = problem.message;
  if (is_call() && stage_ != stage::ended)
    tell_refusal(*context_, order_.thread, problem);
}

/// What was written so far is still of use, so the model gets it, with the bound as its last line.
void child_run::tell_bound(child_end& x, const std::string& bound) {
  if (stage_ == stage::ended)
    return;
  listener_.on_output(output_stream::standard_error, bound + "\n");
  x.problem = bound;
  if (x.how == child_end::kind::signalled) {
    x.how = child_end::kind::exited;
    x.number += shell_signal_base;
  }
}

void child_run::end(child_end x) {
  if (stage_ == stage::ended)
    return;
  stage_ = stage::ended;
  timer_.cancel();
  std::exchange(listener_, {}).on_end(std::move(x));
}

} // namespace troupe::tool_runner
