#pragma once

// Internal to net/: includes Asio.

#include "net/wire/byte_budget.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/intrusive/list.hpp>

#include <chrono>
#include <memory>
#include <mutex>
#include <utility>

namespace troupe::net {

namespace asio = boost::asio;

// Concrete executors: the type-erased default costs an indirection and a reference count per step.
using io_executor = asio::io_context::executor_type;
using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, io_executor>;
using steady_timer =
  asio::basic_waitable_timer<std::chrono::steady_clock,
                             asio::wait_traits<std::chrono::steady_clock>, io_executor>;
using steady_time = std::chrono::steady_clock::time_point;

/// Something with operations pending on a lane. Leaves the list it is in when it is destroyed.
class conversation : public boost::intrusive::list_base_hook<
                       boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
  conversation() = default;
  conversation(const conversation&) = delete;
  conversation& operator=(const conversation&) = delete;

  virtual ~conversation() = default;

  /// Closes what is open and completes, now or within the steps that this sets off.
  virtual void abandon() = 0;
};

/// Conversations of one owner, on one lane.
class conversation_list {
public:
  void enrol(conversation& x) { list_.push_back(x); }

  void abandon_all() {
    while (!list_.empty()) {
      auto& x = list_.front();
      list_.pop_front();
      x.abandon();
    }
  }

private:
  boost::intrusive::list<conversation, boost::intrusive::constant_time_size<false>> list_;
};

/// An event loop for one thread. Everything but `post` and `dispatch` belongs to that thread.
///
/// Every object that holds an Asio object also holds its lane, because an Asio object must not
/// outlive its context. Handles held by users are weak: a conversation is owned by itself or
/// its operations, and dies on its lane.
class io_lane {
public:
  explicit io_lane(std::shared_ptr<byte_budget> unfinished)
    : unfinished_(std::move(unfinished)), context_(1), work_(context_.get_executor()) {}

  /// What unfinished messages and events may take, on all lanes of the pool together.
  const std::shared_ptr<byte_budget>& unfinished() const { return unfinished_; }

  asio::io_context& context() { return context_; }
  bool is_current() { return context_.get_executor().running_in_this_thread(); }

  /// Runs `run` on the lane's thread, later. False: the lane has been stopped, `run` is dropped.
  template <class F>
  bool post(F&& run) {
    // The lock makes "open" and "posted" one step: what is posted to an open lane is run.
    const std::lock_guard guard{mutex_};
    if (open_)
      asio::post(context_, std::forward<F>(run));
    return open_;
  }

  /// Like `post`, but at once when this is the lane's thread.
  template <class F>
  bool dispatch(F&& run) {
    if (!is_current())
      return post(std::forward<F>(run));
    if (stopping_)
      return false;
    std::forward<F>(run)();
    return true;
  }

  /// To be called on the lane, from functions run by `post` or `dispatch`.
  void enrol(conversation& x) { conversations_.enrol(x); }

  /// The thread's function: returns when everything has completed after `stop`. An exception out of
  /// a handler is a bug and ends the program.
  void run() noexcept;

  /// Refuses new work and abandons all conversations. From any thread.
  void stop();

  /// Makes `run` return with operations still pending; they are never completed. From any thread.
  void give_up() { context_.stop(); }

private:
  std::shared_ptr<byte_budget> unfinished_;
  asio::io_context context_;
  asio::executor_work_guard<io_executor> work_;
  std::mutex mutex_;
  bool open_ = true;
  bool stopping_ = false; // the lane's own view of `open_`
  conversation_list conversations_;
};

} // namespace troupe::net
