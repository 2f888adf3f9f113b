#pragma once

#include "apps/common/output_channel.hpp"
#include "apps/run/progress.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace troupe::run {

enum class progress_style : std::uint8_t { none, bar, lines };

/// Shows progress on a channel: a line that is drawn over on a terminal, a line every few seconds
/// elsewhere.
class progress_printer {
public:
  using time_point = progress_meter::time_point;

  static constexpr std::chrono::seconds line_interval{5};

  progress_printer(common::output_channel to, progress_style style, time_point start)
    : to_(to), style_(style), meter_(start), last_line_(start) {}

  void update(const progress_counts& counts, time_point now, unsigned width);

  /// Something else on the same channel, without tearing the bar.
  void say(std::string_view text);

  /// The last state; leaves the cursor on a fresh line.
  void finish(const progress_counts& counts, time_point now, unsigned width);

private:
  common::output_channel to_;
  progress_style style_;
  progress_meter meter_;
  time_point last_line_;
  bool bar_shown_ = false;
};

/// What fits the channel.
progress_style style_for(const common::output_channel& channel);

} // namespace troupe::run
