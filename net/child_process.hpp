#pragma once

// Internal to net/: includes Asio.

#include "net/child_life.hpp"
#include "net/child_pipes.hpp"
#include "net/io_lane.hpp"
#include "net/limits.hpp"
#include "net/process.hpp"
#include "net/send_queue.hpp"
#include "net/unique_fd.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe::net {

class child_process;

/// What handles share with the child. No Asio object in it.
struct process_handle::control {
  std::shared_ptr<io_lane> lane;
  std::weak_ptr<child_process> child; // locked on the lane only
  std::atomic<pid_t> pid{0};
};

/// One child from its start to its completion: its streams, and the process through a `child_life`.
/// Owns itself until it is complete.
class child_process : public conversation, public std::enable_shared_from_this<child_process> {
public:
  /// An inherited descriptor, copied when the caller still had it.
  struct inherited {
    unique_fd ours;
    int as;
  };

  child_process(std::shared_ptr<process_handle::control> control, std::shared_ptr<child_life> life,
                process_options options, std::vector<inherited> descriptors);

  /// Before `start` or `refuse`.
  void tell(process_handlers handlers) { handlers_ = std::move(handlers); }

  void start();
  void refuse(net_errc why); ///< instead of `start`, on any thread
  void kill_group(int signal);
  void write_stdin(std::string_view bytes);
  void close_stdin();
  void abandon() override;

private:
  using descriptor = asio::posix::basic_stream_descriptor<io_executor>;
  enum class stage { fresh, starting, running, exited, complete };

  struct output_end {
    explicit output_end(asio::io_context& context) : source(context) {}
    descriptor source;
    std::array<char, process_block_bytes> block;
  };

  void launch();
  void on_start(pid_t pid);
  void read(output_stream which);
  void on_read(output_stream which, const boost::system::error_code& error, std::size_t n);
  void send_input();
  void on_exit(child_exit x);
  void advance();
  void wait_for_silence();
  void on_silence();
  bool has_unread();
  void close_outputs();
  output_end& end_of(output_stream which);
  void fail(net_errc error, int system_error, std::string detail);
  void complete();

  std::shared_ptr<process_handle::control> control_;
  std::shared_ptr<child_process> self_; // from start to completion
  process_options options_;
  std::vector<inherited> inherited_;
  process_handlers handlers_;
  process_outcome outcome_;

  std::shared_ptr<child_life> life_;
  child_pipes pipes_; // until it has them
  stage stage_ = stage::fresh;
  output_end output_;
  output_end errors_;
  descriptor input_;
  send_queue input_queue_;
  asio::const_buffer sending_;
  bool is_writing_ = false;
  bool closes_input_ = false; // when all is written
  bool has_heard_ = false;    // output, since the last look
  steady_timer closing_timer_;
  steady_time closing_deadline_;
};

} // namespace troupe::net
