#include "config/log_notices.hpp"
#include "net/child_life.hpp"
#include "net/guardian/bound_verdict.hpp"
#include "net/guardian/guardian.hpp"
#include "net/guardian/guardian_message.hpp"
#include "net/limits.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

#include <sys/socket.h>

namespace troupe::net {

namespace {

constexpr std::string_view lost_text =
  "the guardian process, which starts and bounds commands, has ended; no command can be run until "
  "troupe is started again";

/// A guardian that may open no more files has to end or start others before it takes a request.
constexpr std::chrono::milliseconds not_taken_delay{100};

constexpr std::string_view not_taken_text =
  "cannot start a process: the guardian process has not taken the request, most likely because it "
  "may open no more files (`ulimit -Hn`)";

std::string own_folder() {
  std::error_code error;
  const auto path = std::filesystem::current_path(error);
  return error ? "/" : path.string();
}

class guarded_life final : public child_life, public std::enable_shared_from_this<guarded_life> {
public:
  guarded_life(std::shared_ptr<io_lane> lane, const guardian& keeper, process_bounds bounds)
    : lane_(std::move(lane)), keeper_(keeper), bounds_(bounds), channel_(lane_->context()),
      timer_(lane_->context()) {}

  void start(spawn_plan plan, child_life_listener listener) override {
    listener_ = std::move(listener);
    plan_ = std::move(plan);
    if (plan_.cwd.empty())
      plan_.cwd = own_folder(); // the guardian's is another one
    deadline_ = std::chrono::steady_clock::now() + spawn_limit;
    open_channel();
  }

  void kill(int signal) override {
    const std::int32_t number = signal;
    is_killed_ = is_killed_ || signal == SIGKILL; // should the request have to be made again
    keeper_.wake();
    if (channel_.is_open())
      ::send(channel_.native_handle(), &number, sizeof(number), MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  void expect_exit() override { keeper_.wake(); }

  void release() override {
    timer_.cancel();
    if (channel_.is_open())
      channel_.close();
    its_end_.reset();
    listener_ = {};
  }

private:
  using descriptor = asio::posix::basic_stream_descriptor<io_executor>;
  using error_code = boost::system::error_code;

  void open_channel() {
    if (is_killed_)
      return fail(net_errc::spawn_failed, ECANCELED, "cannot start a process: it was cancelled");
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
      return fail(net_errc::no_resources, errno,
                  std::string{"cannot start a process: "} + std::strerror(errno));
    channel_.assign(ends[0]);
    its_end_ = unique_fd{ends[1]};
    ask();
  }

  void ask() {
    const int error = keeper_.ask(plan_, bounds_, its_end_.get());
    if (error == EAGAIN && std::chrono::steady_clock::now() < deadline_)
      return after(spawn_retry_delay, &guarded_life::ask);
    if (error == EPIPE || error == ECONNRESET) {
      keeper_.end_orphans();
      return fail(net_errc::spawn_failed, error, std::string{lost_text});
    }
    if (error != 0)
      return fail(net_errc::spawn_failed, error,
                  std::string{"cannot start a process: "} + std::strerror(error));
    its_end_.reset();
    after(spawn_answer_limit, &guarded_life::on_silence);
    wait();
  }

  void after(std::chrono::milliseconds delay, void (guarded_life::*step)()) {
    timer_.expires_after(delay);
    timer_.async_wait([self = shared_from_this(), step](const error_code& error) {
      if (!error && self->listener_.on_failure)
        ((*self).*step)();
    });
  }

  void on_silence() {
    fail(net_errc::spawn_failed, ETIMEDOUT, "cannot start a process: the guardian does not answer");
  }

  void wait() {
    channel_.async_wait(descriptor::wait_read,
                        [self = shared_from_this()](const error_code& error) {
                          if (!error && self->channel_.is_open())
                            self->on_readable();
                        });
  }

  void on_readable() {
    std::array<char, max_news_bytes> bytes;
    const auto n = ::recv(channel_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
      return wait();
    const auto news = n > 0 ? decode_news({bytes.data(), static_cast<std::size_t>(n)})
                            : std::optional<child_news>{};
    if (!news)
      return on_lost();
    switch (news->what) {
    case child_news::kind::failed: return fail(net_errc::spawn_failed, news->number, news->text);
    case child_news::kind::started:
      timer_.cancel();
      is_running_ = true;
      plan_ = {};
      tell_once(*news);
      listener_.on_start(news->number);
      return wait();
    case child_news::kind::exited:
      return exit({.exit_code = news->number, .signal = 0, .ended_by = news->text});
    case child_news::kind::signalled:
      return exit({.exit_code = {}, .signal = news->number, .ended_by = news->text});
    }
  }

  void tell_once(const child_news& news) {
    if (news.bounds != child_news::hold::watched || !keeper_.claim_notice())
      return;
    const bool has_systemd = ::access("/run/systemd/system", F_OK) == 0; // as sd_booted does
    log::warn_user(
      watched_notice(news.text, has_systemd ? init_system::systemd : init_system::other));
  }

  // It has ended, or it has not taken the request.
  void on_lost() {
    channel_.close();
    if (!is_running_ && !keeper_.has_ended()) {
      if (std::chrono::steady_clock::now() < deadline_)
        return after(not_taken_delay, &guarded_life::open_channel);
      return fail(net_errc::spawn_failed, EMFILE, std::string{not_taken_text});
    }
    keeper_.end_orphans(); // its children are killed with it, theirs are not
    if (is_running_)
      return exit(
        {.exit_code = {}, .signal = SIGKILL, .ended_by = std::string{lost_text}, .is_lost = true});
    fail(net_errc::spawn_failed, EPIPE, std::string{lost_text});
  }

  void exit(child_exit x) {
    if (listener_.on_exit)
      std::exchange(listener_.on_exit, nullptr)(std::move(x));
  }

  void fail(net_errc error, int system_error, std::string detail) {
    timer_.cancel();
    if (listener_.on_failure)
      std::exchange(listener_, {}).on_failure(error, system_error, std::move(detail));
  }

  std::shared_ptr<io_lane> lane_;
  const guardian& keeper_;
  process_bounds bounds_;
  spawn_plan plan_;
  child_life_listener listener_;
  descriptor channel_;
  unique_fd its_end_; // until it is on its way
  steady_timer timer_;
  std::chrono::steady_clock::time_point deadline_;
  bool is_running_ = false;
  bool is_killed_ = false;
};

} // namespace

std::shared_ptr<child_life> make_guarded_life(std::shared_ptr<io_lane> lane, const guardian& keeper,
                                              process_bounds bounds) {
  return std::make_shared<guarded_life>(std::move(lane), keeper, bounds);
}

} // namespace troupe::net
