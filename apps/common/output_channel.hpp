#pragma once

#include <cstdint>
#include <string_view>
#include <system_error>

namespace troupe::common {

/// A file descriptor that is written to at once and whole. What cannot be written (a full disk, a
/// reader that went away) is lost with all that follows, and `error` says so: whose output that was
/// must not end with success. SIGPIPE must be ignored (`ignore_broken_pipes`). Does not own the
/// descriptor; one thread at a time.
class output_channel {
public:
  explicit output_channel(int descriptor) : descriptor_(descriptor) {}

  void write(std::string_view text);

  /// Why output was lost; none: it was not.
  const std::error_code& error() const { return error_; }
  bool is_terminal() const;

private:
  int descriptor_;
  std::error_code error_;
};

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
