#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace troupe::common {

/// A file descriptor that is written to at once and whole. What cannot be written (a full disk, a
/// reader that went away) is lost with all that follows, and `error` says so: whose output that was
/// must not end with success. A reader that is slow is waited for, see `bound_waits_for_readers`.
/// SIGPIPE must be ignored (`ignore_broken_pipes`). Does not own the descriptor; one thread at a
/// time.
class output_channel {
public:
  explicit output_channel(int descriptor);

  void write(std::string_view text);

  /// Why output was lost; none: it was not.
  const std::error_code& error() const { return error_; }
  bool is_terminal() const;

private:
  int descriptor_;
  std::size_t piece_bytes_; ///< in one system call
  std::error_code error_;
};

/// How long readers have in all to take what is left, once the program has been told to end.
inline constexpr std::chrono::seconds last_output_limit{2};

/// From now on readers have `last_output_limit`: what they have not taken by then is lost with
/// `std::errc::timed_out`, on every channel. From any thread, once.
void bound_waits_for_readers();

/// Why output was lost, for people.
std::string loss_text(const std::error_code& error);

/// The exit code of a command that is done when it has printed: `exit_failed` when some of it was
/// lost, which standard error is told, unless the reader had seen enough (`| head`).
int exit_code_of(const output_channel& printed);

/// Prints the text on standard output and returns the exit code.
int print(std::string_view text);

/// A write to a closed pipe becomes an error code instead of a signal.
void ignore_broken_pipes();

/// Width of the terminal behind the descriptor; 80 when it is not known.
unsigned terminal_width(int descriptor);

enum class color_choice : std::uint8_t { automatic, always, never };

/// Whether escape sequences belong on this channel. `automatic` asks the terminal, `NO_COLOR` and
/// `TERM`.
bool uses_color(color_choice choice, const output_channel& channel);

} // namespace troupe::common
