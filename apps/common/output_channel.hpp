#pragma once

#include <cstdint>
#include <string_view>

namespace troupe::common {

/// A file descriptor that is written to at once and whole. A reader that went away (EPIPE) is no
/// error: what follows is dropped, and `is_closed` says so. SIGPIPE must be ignored
/// (`ignore_broken_pipes`). Does not own the descriptor; one thread at a time.
class output_channel {
public:
  explicit output_channel(int descriptor) : descriptor_(descriptor) {}

  void write(std::string_view text);

  bool is_closed() const { return closed_; }
  bool is_terminal() const;

private:
  int descriptor_;
  bool closed_ = false;
};

/// A write to a closed pipe becomes an error code instead of a signal.
void ignore_broken_pipes();

/// Width of the terminal behind the descriptor; 80 when it is not known.
unsigned terminal_width(int descriptor);

enum class color_choice : std::uint8_t { automatic, always, never };

/// Whether escape sequences belong on this channel. `automatic` asks the terminal, `NO_COLOR` and
/// `TERM`.
bool uses_color(color_choice choice, const output_channel& channel);

} // namespace troupe::common
