#include "apps/common/number_text.hpp"

#include <fmt/format.h>

namespace troupe::common {

std::string with_separators(std::int64_t number) {
  auto text = fmt::to_string(number);
  const std::size_t first_digit = number < 0 ? 1 : 0;
  for (auto at = text.size(); at > first_digit + 3;) {
    at -= 3;
    text.insert(at, 1, ',');
  }
  return text;
}

std::string short_count(std::int64_t number) {
  if (number < 10'000)
    return fmt::to_string(number);
  auto scaled = static_cast<double>(number) / 1000;
  // 999,950 would print as "1000.0k".
  if (scaled < 999.95)
    return fmt::format("{:.1f}k", scaled);
  scaled /= 1000;
  if (scaled < 999.95)
    return fmt::format("{:.1f}M", scaled);
  return fmt::format("{:.1f}G", scaled / 1000);
}

std::string duration_text(std::chrono::nanoseconds duration) {
  using namespace std::chrono;
  const auto milliseconds = duration_cast<std::chrono::milliseconds>(duration).count();
  if (milliseconds < 1000)
    return fmt::format("{}ms", milliseconds);
  if (milliseconds < 60'000)
    return fmt::format("{:.2f}s", static_cast<double>(milliseconds) / 1000);
  return fmt::format("{}m {:02}s", milliseconds / 60'000, milliseconds / 1000 % 60);
}

} // namespace troupe::common
