#include "net/child_life.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <csignal>
#include <utility>

#include <sys/wait.h>

namespace troupe::net {

namespace {

class own_life final : public child_life, public std::enable_shared_from_this<own_life> {
public:
  explicit own_life(std::shared_ptr<io_lane> lane)
    : lane_(std::move(lane)), watch_(lane_->context()) {}

  void start(spawn_plan plan, child_life_listener listener) override {
    auto child = spawn_child(plan);
    if (child.pid < 0)
      return listener.on_failure(net_errc::spawn_failed, child.error, std::move(child.detail));
    pid_ = child.pid;
    watch_.assign(child.watch.release());
    on_exit_ = std::move(listener.on_exit);
    watch_.async_wait(descriptor::wait_read,
                      [self = shared_from_this()](const boost::system::error_code& error) {
                        if (!error && self->pid_ != 0)
                          self->on_exit();
                      });
    listener.on_start(pid_);
  }

  void kill(int signal) override {
    if (pid_ != 0)
      ::kill(-pid_, signal);
  }

  // Not reaped earlier, so that a signal to the group cannot meet a stranger.
  void release() override {
    if (pid_ != 0)
      ::waitid(P_PID, static_cast<id_t>(std::exchange(pid_, 0)), nullptr, WEXITED | WNOHANG);
    if (watch_.is_open())
      watch_.close();
    on_exit_ = nullptr;
  }

private:
  using descriptor = asio::posix::basic_stream_descriptor<io_executor>;

  void on_exit() {
    siginfo_t info{};
    ::waitid(P_PIDFD, static_cast<id_t>(watch_.native_handle()), &info,
             WEXITED | WNOWAIT | WNOHANG);
    child_exit result;
    if (info.si_code == CLD_EXITED)
      result.exit_code = info.si_status;
    else
      result.signal = info.si_status;
    std::exchange(on_exit_, nullptr)(std::move(result));
  }

  std::shared_ptr<io_lane> lane_;
  descriptor watch_; // a pidfd
  pid_t pid_ = 0;    // 0: does not run
  std::function<void(child_exit)> on_exit_;
};

} // namespace

std::shared_ptr<child_life> make_own_life(std::shared_ptr<io_lane> lane) {
  return std::make_shared<own_life>(std::move(lane));
}

} // namespace troupe::net
