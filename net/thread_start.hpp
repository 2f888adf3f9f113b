#pragma once

namespace troupe::net {

/// While one exists, a thread that the system refuses ends the process: `refused` is called on the
/// thread that wanted another one, with the error number, and must not return.
///
/// For libraries that start their threads one by one in a constructor and have no way back: when
/// one is refused (limits of processes: `ulimit -u`, pids.max), CAF 0.18.7's actor system waits
/// for ever in a destructor or terminates, depending on which one it was. Counts for every thread
/// of the process, whoever starts it. For the start only, when nothing is lost by such an end; one
/// at a time. Without one a refused thread is the error that it always is.
class thread_start_guard {
public:
  using refusal = void (*)(int error) noexcept;

  explicit thread_start_guard(refusal refused);
  ~thread_start_guard();
  thread_start_guard(const thread_start_guard&) = delete;
  thread_start_guard& operator=(const thread_start_guard&) = delete;
};

} // namespace troupe::net
