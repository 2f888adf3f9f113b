#include "apps/run/progress.hpp"

#include "apps/common/number_text.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace troupe::run {

namespace {

constexpr std::size_t longest_bar = 40;
constexpr std::size_t shortest_bar = 5; // below that the figures alone are better

std::string bar_of(std::size_t done, std::size_t total, std::size_t length) {
  const auto filled = total == 0 ? length : length * done / total;
  std::string out = "[";
  out.append(filled, '=');
  if (filled < length) {
    out += '>';
    out.append(length - filled - 1, ' ');
  }
  return out += ']';
}

} // namespace

void progress_meter::update(const progress_counts& counts, time_point now) {
  counts_ = counts;
  samples_.push_back({now, counts.finished()});
  // The sample at the far end of the window stays, so that the window is never shorter than meant.
  while (samples_.size() > 2 && samples_[1].at + rate_window <= now)
    samples_.pop_front();
}

double progress_meter::rate() const {
  const std::chrono::duration<double> elapsed = samples_.back().at - samples_.front().at;
  if (elapsed.count() <= 0)
    return 0;
  return static_cast<double>(samples_.back().finished - samples_.front().finished) /
         elapsed.count();
}

std::string progress_meter::remaining_time() const {
  const auto per_second = rate();
  if (counts_.left() == 0 || per_second <= 0)
    return {};
  const auto seconds = std::ceil(static_cast<double>(counts_.left()) / per_second);
  return fmt::format("  ETA {}",
                     rough_duration(std::chrono::seconds{static_cast<std::int64_t>(seconds)}));
}

std::string progress_meter::figures() const {
  auto out = fmt::format("{}/{}  running {}", counts_.kept + counts_.finished(), counts_.total,
                         counts_.running);
  if (counts_.failed > 0)
    out += fmt::format("  failed {}", counts_.failed);
  if (counts_.interrupted > 0)
    out += fmt::format("  interrupted {}", counts_.interrupted);
  out += fmt::format("  {:.1f}/s", rate());
  out += remaining_time();
  out += fmt::format("  tokens {}", common::short_count(counts_.tokens));
  return out;
}

std::string progress_meter::bar(unsigned width) const {
  auto text = figures();
  const auto taken = text.size() + 3; // brackets and a blank
  if (taken + shortest_bar <= width) {
    const auto length = std::min(longest_bar, width - taken);
    text = bar_of(counts_.kept + counts_.finished(), counts_.total, length) + ' ' + text;
  }
  if (text.size() > width)
    text.resize(width);
  return text;
}

std::string progress_meter::plain_line() const {
  return figures() + '\n';
}

std::string rough_duration(std::chrono::seconds x) {
  const auto seconds = x.count();
  if (seconds < 60)
    return fmt::format("{}s", seconds);
  if (seconds < 3600)
    return fmt::format("{}m {:02}s", seconds / 60, seconds % 60);
  return fmt::format("{}h {:02}m", seconds / 3600, seconds / 60 % 60);
}

} // namespace troupe::run
