#include "actors/rollout_recorder/timestamps.hpp"

#include <fmt/format.h>

namespace troupe::rollout_recorder {

namespace {

using namespace std::chrono;

std::string text_of(sys_seconds time, char separator) {
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}{}{:02}{}{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), separator, clock.minutes().count(), separator,
                     clock.seconds().count());
}

/// Takes fixed pieces off the front of a text; after the first mismatch everything fails.
class piece_reader {
public:
  explicit piece_reader(std::string_view text) : rest_(text) {}

  int digits(std::size_t count) {
    int value = 0;
    if (rest_.size() < count)
      return fail();
    for (const char c : rest_.substr(0, count)) {
      if (c < '0' || c > '9')
        return fail();
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }

  char any_of(std::string_view allowed) {
    if (rest_.empty() || allowed.find(rest_.front()) == std::string_view::npos)
      return static_cast<char>(fail());
    const char found = rest_.front();
    rest_.remove_prefix(1);
    return found;
  }

  bool next_is(char c) const { return !rest_.empty() && rest_.front() == c; }
  bool next_is_digit() const {
    return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9';
  }
  bool is_finished() const { return !failed_ && rest_.empty(); }
  bool failed() const { return failed_; }

private:
  int fail() {
    failed_ = true;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  bool failed_ = false;
};

std::optional<sys_seconds> read_date_and_time(piece_reader& in, std::string_view separator) {
  const year_month_day date = [&] {
    const int y = in.digits(4);
    in.any_of("-");
    const int m = in.digits(2);
    in.any_of("-");
    const int d = in.digits(2);
    return year{y} / month{static_cast<unsigned>(m)} / day{static_cast<unsigned>(d)};
  }();
  in.any_of("Tt");
  const int hour = in.digits(2);
  in.any_of(separator);
  const int minute = in.digits(2);
  in.any_of(separator);
  const int second = in.digits(2);
  // 60 is a leap second, which RFC 3339 allows; it counts as the next second.
  if (in.failed() || !date.ok() || hour > 23 || minute > 59 || second > 60)
    return std::nullopt;
  return sys_days{date} + hours{hour} + minutes{minute} + seconds{second};
}

milliseconds read_fraction(piece_reader& in) {
  if (!in.next_is('.'))
    return {};
  in.any_of(".");
  int value = in.digits(1) * 100;
  for (int weight = 10; in.next_is_digit(); weight /= 10)
    value += in.digits(1) * weight;
  return milliseconds{value};
}

std::optional<minutes> read_offset(piece_reader& in) {
  const char sign = in.any_of("Zz+-");
  if (in.failed())
    return std::nullopt;
  if (sign == 'Z' || sign == 'z')
    return minutes{0};
  const int hour = in.digits(2);
  in.any_of(":");
  const int minute = in.digits(2);
  if (in.failed() || hour > 23 || minute > 59)
    return std::nullopt;
  return (hours{hour} + minutes{minute}) * (sign == '-' ? -1 : 1);
}

} // namespace

std::string line_time_text(system_clock::time_point time) {
  const auto millis = floor<milliseconds>(time);
  const auto whole = floor<seconds>(millis);
  return fmt::format("{}.{:03}Z", text_of(whole, ':'), (millis - whole).count());
}

std::string second_text(sys_seconds time) {
  return text_of(time, ':') + 'Z';
}

std::string file_time_text(sys_seconds time) {
  return text_of(time, '-');
}

std::optional<sys_milliseconds> parse_rfc3339(std::string_view text) {
  piece_reader in{text};
  const auto whole = read_date_and_time(in, ":");
  if (!whole)
    return std::nullopt;
  const auto fraction = read_fraction(in);
  const auto offset = read_offset(in);
  if (!offset || !in.is_finished())
    return std::nullopt;
  return *whole + fraction - *offset;
}

std::optional<sys_seconds> parse_file_time(std::string_view text) {
  piece_reader in{text};
  const auto time = read_date_and_time(in, "-");
  return in.is_finished() ? time : std::nullopt;
}

} // namespace troupe::rollout_recorder
