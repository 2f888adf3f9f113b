#include "net/child_process.hpp"

#include <boost/asio/write.hpp>

#include <csignal>
#include <cstring>
#include <utility>

#include <sys/ioctl.h>

namespace troupe::net {

using boost::system::error_code;

child_process::child_process(std::shared_ptr<process_handle::control> control,
                             std::shared_ptr<child_life> life, process_options options,
                             std::vector<inherited> descriptors)
  : control_(std::move(control)), options_(std::move(options)), inherited_(std::move(descriptors)),
    life_(std::move(life)), output_(control_->lane->context()), errors_(control_->lane->context()),
    input_(control_->lane->context()), closing_timer_(control_->lane->context()) {}

// ---- start
// ----------------------------------------------------------------------------------------

void child_process::start() {
  self_ = shared_from_this();
  control_->lane->enrol(*this);
  launch();
}

void child_process::refuse(net_errc why) {
  fail(why, 0, {});
}

void child_process::launch() {
  if (std::ranges::any_of(inherited_, [](const auto& x) { return !x.ours; }))
    return fail(net_errc::no_resources, EMFILE,
                std::string{"cannot start a process: "} + std::strerror(EMFILE));
  pipes_ = open_child_pipes(options_);
  if (pipes_.error != 0)
    return fail(net_errc::no_resources, pipes_.error,
                std::string{"cannot start a process: "} + std::strerror(pipes_.error));
  const bool has_terminal = options_.tty == process_options::terminal::pty;
  spawn_plan plan{std::move(options_.argv),
                  std::move(options_.environment),
                  std::move(options_.cwd),
                  pipes_.placement(),
                  has_terminal ? spawn_plan::terminal::controlling : spawn_plan::terminal::none,
                  {}};
  plan.read_only_files = std::move(options_.read_only_files);
  for (const auto& x : inherited_)
    plan.descriptors.emplace_back(x.ours.get(), x.as);
  stage_ = stage::starting;
  life_->start(
    std::move(plan),
    {.on_start = [self = shared_from_this()](pid_t pid) { self->on_start(pid); },
     .on_failure =
       [self = shared_from_this()](net_errc error, int system_error, std::string detail) {
         self->fail(error, system_error, std::move(detail));
       },
     .on_exit = [self = shared_from_this()](child_exit x) { self->on_exit(std::move(x)); }});
}

void child_process::on_start(pid_t pid) {
  auto pipes = std::exchange(pipes_, {});
  inherited_.clear();
  stage_ = stage::running;
  control_->pid = pid;
  output_.source.assign(pipes.output.release());
  if (pipes.errors)
    errors_.source.assign(pipes.errors.release());
  if (pipes.input)
    input_.assign(pipes.input.release());
  read(output_stream::standard_output);
  if (errors_.source.is_open())
    read(output_stream::standard_error);
  if (const auto* given = std::get_if<process_options::given_input>(&options_.input);
      given != nullptr && options_.tty == process_options::terminal::none) {
    input_queue_.tail() = given->bytes;
    close_stdin();
  } else {
    send_input(); // what was written while it started
  }
}

// ---- streams
// --------------------------------------------------------------------------------------

child_process::output_end& child_process::end_of(output_stream which) {
  return which == output_stream::standard_output ? output_ : errors_;
}

void child_process::read(output_stream which) {
  auto& end = end_of(which);
  end.source.async_read_some(asio::buffer(end.block), [self = shared_from_this(), which](
                                                        const error_code& error, std::size_t n) {
    if (self->stage_ != stage::complete && self->end_of(which).source.is_open())
      self->on_read(which, error, n);
  });
}

void child_process::on_read(output_stream which, const error_code& error, std::size_t n) {
  auto& end = end_of(which);
  if (error) { // the end, which a terminal reports as an input/output error
    end.source.close();
    if (stage_ == stage::running && !output_.source.is_open() && !errors_.source.is_open())
      life_->expect_exit();
    return advance();
  }
  has_heard_ = true;
  if (handlers_.on_output)
    handlers_.on_output(which, {end.block.data(), n});
  if (end.source.is_open())
    read(which);
}

void child_process::write_stdin(std::string_view bytes) {
  if (stage_ == stage::complete || (stage_ == stage::running && !input_.is_open()) ||
      closes_input_ || input_queue_.unsent_bytes() + bytes.size() > max_unwritten_stdin_bytes)
    return;
  input_queue_.tail() += bytes;
  send_input();
}

void child_process::close_stdin() {
  if (options_.tty == process_options::terminal::pty)
    return;
  closes_input_ = true;
  send_input();
}

void child_process::send_input() {
  if (is_writing_ || !input_.is_open())
    return;
  if (!input_queue_.has_waiting()) {
    if (closes_input_)
      input_.close();
    return;
  }
  is_writing_ = true;
  const auto bytes = input_queue_.begin_send();
  asio::async_write(input_, asio::buffer(bytes.data(), bytes.size()),
                    [self = shared_from_this()](const error_code& error, std::size_t) {
                      self->is_writing_ = false;
                      self->input_queue_.end_send();
                      if (error && self->input_.is_open())
                        self->input_.close(); // the child reads no more
                      self->send_input();
                    });
}

// ---- end
// ------------------------------------------------------------------------------------------

void child_process::kill_group(int signal) {
  if (stage_ != stage::fresh && stage_ != stage::complete)
    life_->kill(signal);
}

void child_process::on_exit(child_exit x) {
  stage_ = stage::exited;
  outcome_.exit_code = x.exit_code;
  outcome_.signal = x.signal;
  outcome_.ended_by = std::move(x.ended_by);
  if (x.is_lost)
    outcome_.system_error = EPIPE;
  closing_deadline_ = std::chrono::steady_clock::now() + output_close_limit;
  advance();
  if (stage_ == stage::exited)
    wait_for_silence();
}

void child_process::advance() {
  if (stage_ == stage::exited && !output_.source.is_open() && !errors_.source.is_open())
    complete();
}

void child_process::wait_for_silence() {
  has_heard_ = false;
  closing_timer_.expires_after(output_silence_limit);
  closing_timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error && self->stage_ == stage::exited)
      self->on_silence();
  });
}

// Somebody whom the child has left behind holds its output. While that one writes it is read on.
void child_process::on_silence() {
  if (has_heard_ || has_unread()) {
    if (std::chrono::steady_clock::now() < closing_deadline_)
      return wait_for_silence();
    outcome_.output_held_open = output_.source.is_open();
    outcome_.errors_held_open = errors_.source.is_open();
  }
  close_outputs();
  advance();
}

// A busy thread may come to the timer before it has come to the output.
bool child_process::has_unread() {
  const auto is_waiting = [](descriptor& x) {
    int bytes = 0;
    return x.is_open() && ::ioctl(x.native_handle(), FIONREAD, &bytes) == 0 && bytes > 0;
  };
  return is_waiting(output_.source) || is_waiting(errors_.source);
}

void child_process::close_outputs() {
  for (auto* end : {&output_.source, &errors_.source})
    if (end->is_open())
      end->close();
}

void child_process::abandon() {
  outcome_.error = net_errc::cancelled;
  if (stage_ == stage::fresh)
    return complete();
  kill_group(SIGKILL);
  close_outputs();
  advance(); // or when the exit is known
}

void child_process::fail(net_errc error, int system_error, std::string detail) {
  outcome_.error = error;
  outcome_.system_error = system_error;
  outcome_.detail = std::move(detail);
  complete();
}

void child_process::complete() {
  const auto alive = std::exchange(self_, nullptr);
  stage_ = stage::complete;
  life_->release();
  closing_timer_.cancel();
  close_outputs();
  if (input_.is_open())
    input_.close();
  pipes_ = {};
  if (is_linked())
    unlink();
  const auto handlers = std::exchange(handlers_, {});
  if (handlers.on_exit)
    handlers.on_exit(std::move(outcome_));
}

} // namespace troupe::net
