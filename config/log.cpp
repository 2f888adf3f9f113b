#include "config/log.hpp"

#include "config/one_line.hpp"

#include <fmt/chrono.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace troupe::log {

namespace {

std::string lower_case(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

std::string_view label(level x) {
  switch (x) {
  case level::off: return "OFF";
  case level::error: return "ERROR";
  case level::warning: return "WARN";
  case level::info: return "INFO";
  case level::debug: return "DEBUG";
  }
  return "";
}

} // namespace

std::optional<level> parse_level(std::string_view text) {
  struct word {
    std::string_view text;
    level value;
  };
  static constexpr std::array words{word{"off", level::off},      word{"error", level::error},
                                    word{"warn", level::warning}, word{"warning", level::warning},
                                    word{"info", level::info},    word{"debug", level::debug},
                                    word{"trace", level::debug}};
  const auto wanted = lower_case(text);
  for (const auto& x : words)
    if (x.text == wanted)
      return x.value;
  return std::nullopt;
}

level choose_level(const char* troupe_log, const char* rust_log) {
  for (const char* text : {troupe_log, rust_log})
    if (text)
      if (const auto x = parse_level(text))
        return *x;
  return level::error;
}

level threshold() {
  static const level chosen = choose_level(std::getenv("TROUPE_LOG"), std::getenv("RUST_LOG"));
  return chosen;
}

std::string format_line(level x, std::int64_t unix_milliseconds, std::string_view text) {
  const auto seconds = static_cast<std::time_t>(unix_milliseconds / 1000);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z {} {}\n", fmt::gmtime(seconds),
                     unix_milliseconds % 1000, label(x), one_line(std::string{text}));
}

void write(level x, std::string_view text) {
  using namespace std::chrono;
  const auto now = duration_cast<milliseconds>(system_clock::now().time_since_epoch());
  const auto line = format_line(x, now.count(), text);
  // Standard error is unbuffered and each call locks it: a line is one write.
  std::fwrite(line.data(), 1, line.size(), stderr);
}

} // namespace troupe::log
