#include "apps/run/progress_printer.hpp"

#include <string>

namespace troupe::run {

namespace {

/// Back to the first column, and the rest of the line is cleared.
constexpr std::string_view redraw = "\r\x1b[K";

} // namespace

void progress_printer::update(const progress_counts& counts, time_point now, unsigned width) {
  meter_.update(counts, now);
  if (style_ == progress_style::bar) {
    to_.write(std::string{redraw} + meter_.bar(width));
    bar_shown_ = true;
  } else if (style_ == progress_style::lines && now - last_line_ >= line_interval) {
    to_.write(meter_.plain_line());
    last_line_ = now;
  }
}

void progress_printer::say(std::string_view text) {
  std::string out{bar_shown_ ? redraw : ""};
  out += text;
  to_.write(out);
  bar_shown_ = false;
}

void progress_printer::finish(const progress_counts& counts, time_point now, unsigned width) {
  meter_.update(counts, now);
  if (style_ == progress_style::bar)
    say(meter_.bar(width) + '\n');
  else if (style_ == progress_style::lines)
    to_.write(meter_.plain_line());
}

progress_style style_for(const common::output_channel& channel) {
  return channel.is_terminal() ? progress_style::bar : progress_style::lines;
}

} // namespace troupe::run
