#pragma once

#include "net/net_errc.hpp"
#include "net/process_bounds.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <sys/types.h>

namespace troupe::net {

class io_pool;

struct process_options {
  /// What the child reads on standard input.
  struct null_input {}; ///< the null device
  struct given_input {
    std::string bytes;
  };                    ///< these bytes, then the end
  struct open_input {}; ///< a pipe fed by `process_handle::write_stdin`

  enum class terminal : bool { none, pty };

  /// A descriptor of ours the child gets under the number `as` (3 or more). It stays ours to close,
  /// after `spawn_process` has returned.
  struct inherited_descriptor {
    int ours = -1;
    int as = -1;
  };

  /// Without a '/' in `argv[0]` the program is searched in the PATH of `environment`, as a shell
  /// would.
  std::vector<std::string> argv;
  std::string cwd;                      ///< empty: ours
  std::vector<std::string> environment; ///< "NAME=value", exactly what the child gets
  std::variant<null_input, given_input, open_input> input;

  /// `pty`: standard input, output and error are a terminal of 24 rows and 80 columns, the child
  /// leads its session, all output is `standard_output`, and `input` is ignored (it is open).
  terminal tty = terminal::none;

  std::vector<inherited_descriptor> inherited;

  /// Absolute paths, of devices mostly. The child and all that it starts can use these files, but
  /// not change their mode, owner or times: it gets a mount namespace of its own, where each is
  /// covered by a read-only mount. A descriptor 0, 1 or 2 that is one of them is opened again from
  /// there. What does not exist is left out; where it cannot be done (it takes CAP_SYS_ADMIN), the
  /// child is not started.
  std::vector<std::string> read_only_files;

  process_bounds bounds; ///< held where the pool has a guardian
};

enum class output_stream : std::uint8_t { standard_output, standard_error };

struct process_outcome {
  net_errc error = net_errc::none; ///< `spawn_failed`: it never ran; `cancelled`: the pool stopped
  int system_error = 0;            ///< errno of a failed start
  std::string detail;              ///< "cannot run 'foo': No such file or directory"
  std::optional<int> exit_code;    ///< set when it exited by itself
  int signal = 0;                  ///< set when a signal ended it

  /// The bound that ended it, in words for users; empty when none has. Or that the guardian has
  /// ended and it with it: then `system_error` is EPIPE.
  std::string ended_by;

  /// Streams that a surviving child was still writing to when the wait for them was over (contract
  /// tools, section 3.3: their output counts as empty).
  bool output_held_open = false;
  bool errors_held_open = false;
};

/// Called on one I/O thread, one after the other; `on_exit` within `spawn_process` when the pool is
/// stopping already. Must not block or throw. Released after `on_exit`.
struct process_handlers {
  /// Blocks of at most `process_block_bytes`. A child can write as fast as this returns: bound what
  /// is kept or passed on right here.
  std::function<void(output_stream, std::string_view)> on_output;

  /// Exactly once, last: the child is gone and its output has been read to the end, or until a
  /// surviving grandchild had been silent for `output_silence_limit` (at most
  /// `output_close_limit`).
  std::function<void(process_outcome)> on_exit;
};

/// A running child. Cheap to copy, usable from any thread, harmless when it is gone.
class process_handle {
public:
  struct control;

  process_handle() = default;
  explicit process_handle(std::shared_ptr<control> x) : control_(std::move(x)) {}

  /// Sends `signal` to the child's process group, grandchildren included, until `on_exit`. Through
  /// a guardian SIGKILL reaches also those that have left the group.
  void kill_group(int signal) const;

  /// Queues `bytes` for standard input (open input or terminal). Dropped when the child has closed
  /// it, or when more than `max_unwritten_stdin_bytes` would wait.
  void write_stdin(std::string bytes) const;

  /// The child sees the end of its input after what was queued. Not for a terminal.
  void close_stdin() const;

  /// 0 until it runs.
  pid_t pid() const;

private:
  std::shared_ptr<control> control_;
};

/// Starts a child in its own session and process group, with default signal handlers and an empty
/// signal mask, and with no descriptor of ours but those listed. A child that lives when the pool
/// stops is killed.
///
/// With `io_pool::use_guardian` the guardian starts it: it ends with this program together with all
/// that it has started, and `bounds` hold. Otherwise an I/O thread starts it and waits for its
/// exec, some 100 µs; it gets SIGTERM when that thread ends, and nothing bounds it.
process_handle spawn_process(io_pool& pool, process_options options, process_handlers handlers);

} // namespace troupe::net
