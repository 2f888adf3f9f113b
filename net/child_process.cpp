#include "net/child_process.hpp"

#include "net/child_pipes.hpp"
#include "net/spawn.hpp"

#include <boost/asio/write.hpp>

#include <csignal>
#include <cstring>
#include <utility>

#include <sys/wait.h>

namespace troupe::net {

using boost::system::error_code;

child_process::child_process(std::shared_ptr<process_handle::control> control,
                             process_options options, std::vector<inherited> descriptors,
                             process_handlers handlers)
  : control_(std::move(control)), options_(std::move(options)), inherited_(std::move(descriptors)),
    handlers_(std::move(handlers)), watch_(control_->lane->context()),
    output_(control_->lane->context()), errors_(control_->lane->context()),
    input_(control_->lane->context()), closing_timer_(control_->lane->context()) {}

// ---- start
// ----------------------------------------------------------------------------------------

void child_process::start() {
  self_ = shared_from_this();
  control_->lane->enrol(*this);
  if (!launch())
    return;
  read(output_stream::standard_output);
  if (errors_.source.is_open())
    read(output_stream::standard_error);
  if (const auto* given = std::get_if<process_options::given_input>(&options_.input);
      given != nullptr && options_.tty == process_options::terminal::none) {
    input_queue_.tail() = given->bytes;
    close_stdin();
  }
  watch_exit();
}

void child_process::refuse(net_errc why) {
  fail(why, 0, {});
}

bool child_process::launch() {
  auto pipes = open_child_pipes(options_);
  if (pipes.error != 0) {
    fail(net_errc::no_resources, pipes.error, std::strerror(pipes.error));
    return false;
  }
  const bool has_terminal = options_.tty == process_options::terminal::pty;
  spawn_plan plan{std::move(options_.argv), std::move(options_.environment),
                  std::move(options_.cwd), pipes.placement(),
                  has_terminal ? spawn_plan::terminal::controlling : spawn_plan::terminal::none};
  for (const auto& x : inherited_)
    plan.descriptors.emplace_back(x.ours.get(), x.as);
  auto child = spawn_child(plan);
  inherited_.clear();
  if (child.pid < 0) {
    fail(net_errc::spawn_failed, child.error, std::move(child.detail));
    return false;
  }
  pid_ = child.pid;
  control_->pid = child.pid;
  watch_.assign(child.watch.release());
  output_.source.assign(pipes.output.release());
  if (pipes.errors)
    errors_.source.assign(pipes.errors.release());
  if (pipes.input)
    input_.assign(pipes.input.release());
  return true;
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
    if (self->pid_ != 0 && self->end_of(which).source.is_open())
      self->on_read(which, error, n);
  });
}

void child_process::on_read(output_stream which, const error_code& error, std::size_t n) {
  auto& end = end_of(which);
  if (error) { // the end, which a terminal reports as an input/output error
    end.source.close();
    return advance();
  }
  if (handlers_.on_output)
    handlers_.on_output(which, {end.block.data(), n});
  if (end.source.is_open())
    read(which);
}

void child_process::write_stdin(std::string_view bytes) {
  if (!input_.is_open() || closes_input_ ||
      input_queue_.unsent_bytes() + bytes.size() > max_unwritten_stdin_bytes)
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
  if (pid_ != 0)
    ::kill(-pid_, signal);
}

void child_process::watch_exit() {
  watch_.async_wait(descriptor::wait_read, [self = shared_from_this()](const error_code& error) {
    if (!error && self->pid_ != 0)
      self->on_exit();
  });
}

void child_process::on_exit() {
  siginfo_t info{};
  ::waitid(P_PIDFD, static_cast<id_t>(watch_.native_handle()), &info, WEXITED | WNOWAIT | WNOHANG);
  if (info.si_code == CLD_EXITED)
    outcome_.exit_code = info.si_status;
  else
    outcome_.signal = info.si_status;
  has_exited_ = true;
  advance();
}

// After the exit: first the end of the output, then that of the errors, each with its own limit.
void child_process::advance() {
  if (!has_exited_)
    return;
  if (output_.source.is_open())
    wait_for(closing::output);
  else if (errors_.source.is_open())
    wait_for(closing::errors);
  else
    complete();
}

void child_process::wait_for(closing which) {
  if (std::exchange(closing_, which) == which)
    return;
  closing_timer_.expires_after(output_close_limit);
  closing_timer_.async_wait([self = shared_from_this(), which](const error_code& error) {
    if (error || self->pid_ == 0 || self->closing_ != which)
      return;
    const bool is_output = which == closing::output;
    (is_output ? self->outcome_.output_held_open : self->outcome_.errors_held_open) = true;
    (is_output ? self->output_ : self->errors_).source.close();
    self->advance();
  });
}

void child_process::abandon() {
  outcome_.error = net_errc::cancelled;
  if (pid_ == 0)
    return complete();
  kill_group(SIGKILL);
  output_.source.close();
  errors_.source.close();
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
  if (pid_ != 0)
    ::waitid(P_PID, static_cast<id_t>(std::exchange(pid_, 0)), nullptr, WEXITED | WNOHANG);
  closing_timer_.cancel();
  for (auto* end : {&watch_, &output_.source, &errors_.source, &input_})
    if (end->is_open())
      end->close();
  if (is_linked())
    unlink();
  const auto handlers = std::exchange(handlers_, {});
  if (handlers.on_exit)
    handlers.on_exit(std::move(outcome_));
}

} // namespace troupe::net
